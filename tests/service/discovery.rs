//! Search, links, self-description and files of the standard services over the demo: every answer, every refusal.

use std::sync::Arc;

use reqwest::Response;
use trifocal::config::Config;
use trifocal::demo;
use trifocal::fits::{FitsFile, HduIndex};
use trifocal::pixel::Limits;

use crate::support::Gateway;
use crate::votable::Table;

const SODA: &str = "/api/image/soda";
const EXPOSURE: &str = "ivo%3A%2F%2Fexample.org%2FDC_W13_Stripe82%3Fcalexp%2F5646240694";

async fn demo_gateway(more_settings: &str) -> Gateway {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let site = demo::write_scaled(directory.path(), demo::Scale::Small, |_| ()).unwrap();
    let settings = directory.path().join("trifocal.toml");
    let listen = "127.0.0.1:0".parse().unwrap();
    let toml = format!(
        "{}\n[ingest]\nsettle_seconds = 0.001\n{more_settings}",
        site.settings(directory.path(), listen)
    );
    std::fs::write(&settings, toml).unwrap();
    Gateway::start(Config::load(&[settings]).unwrap(), directory).await
}

/// Posts a form that is already encoded.
async fn posted(gateway: &Gateway, path: &str, form: impl Into<String>) -> Response {
    let request = gateway.client().post(gateway.url(path)).body(form.into());
    request.header("Content-Type", "application/x-www-form-urlencoded").send().await.unwrap()
}

async fn search(gateway: &Gateway, query: &str) -> Table {
    let answer = gateway.get(&format!("{SODA}/query?{query}")).await;
    assert_eq!(answer.status(), 200, "{query}");
    assert_eq!(answer.headers()["content-type"], "application/x-votable+xml", "{query}");
    Table::of(answer).await
}

#[tokio::test]
async fn a_search_is_narrowed_by_every_parameter() {
    let gateway = demo_gateway("").await;
    let here = "POS=CIRCLE+37.64+0.1+0.001";
    let all = search(&gateway, here).await.rows.len();
    assert!(all > 3, "{all}");
    for (more, is_found) in [
        ("POS=CIRCLE+200+40+1", true),
        ("BAND=6e-7", true),
        ("BAND=-Inf+Inf", true),
        ("BAND=1e-3+1", false),
        ("TIME=53636.4+53636.5", true),
        ("TIME=10+20", false),
        ("POL=I", false),
        ("FOV=0.001+1", true),
        ("FOV=10+Inf", false),
        ("SPATRES=0+9", false),
        ("SPECRP=1+10", true),
        ("SPECRP=1000+2000", false),
        ("EXPTIME=50+60", true),
        ("EXPTIME=50+60&TIMERES=50+60", true),
        ("EXPTIME=50+60&TIMERES=1+2", false),
        ("COLLECTION=DC_W13_Stripe82", true),
        ("COLLECTION=dc_w13_stripe82", false),
        ("COLLECTION=nina", false),
        ("FACILITY=nowhere", false),
        ("INSTRUMENT=nothing", false),
        ("TARGET=nobody", false),
        ("DPTYPE=image", true),
        ("DPTYPE=cube", false),
        ("DPTYPE=spectrum", false),
        ("DPTYPE=spectrum&DPTYPE=image", true),
        ("CALIB=2", true),
        ("CALIB=0", false),
        ("FORMAT=application/fits", true),
        ("FORMAT=application/x-votable%2Bxml;content%3Ddatalink", true),
        ("FORMAT=image/png", false),
        (&format!("ID={EXPOSURE}"), true),
        ("ID=IVO://EXAMPLE.ORG/dc_w13_stripe82?calexp/5646240694", true),
        ("ID=ivo://example.org/DC_W13_Stripe82?CALEXP/5646240694", false),
        ("ID=nonsense", false),
        ("RELEASEDATE=2020", true),
        ("whatever=1", true),
        ("POS=&band=", true),
    ] {
        let found = search(&gateway, &format!("{here}&{more}")).await;
        assert_eq!(!found.rows.is_empty(), is_found, "{more}");
        assert_eq!(found.infos[1].1, "ivo://ivoa.net/std/SIA");
    }
}

#[tokio::test]
async fn rows_are_ordered_and_cut_off_exactly() {
    let gateway = demo_gateway("").await;
    let all = search(&gateway, "").await;
    assert_eq!(all.statuses(), ["OK"]);
    let mut levels = all.column("calib_level");
    levels.sort_unstable();
    levels.reverse();
    assert_eq!(all.column("calib_level"), levels);
    let dids = all.column("obs_publisher_did");
    for wanted in [0, 1, dids.len() - 1] {
        let some = search(&gateway, &format!("MAXREC={wanted}")).await;
        assert_eq!(some.column("obs_publisher_did"), dids[..wanted], "{wanted}");
        assert_eq!(some.statuses(), ["OVERFLOW"], "{wanted}");
    }
    for wanted in [dids.len(), 99_999_999] {
        let some = search(&gateway, &format!("MAXREC={wanted}")).await;
        assert_eq!((some.rows.len(), some.statuses()), (dids.len(), vec!["OK"]), "{wanted}");
    }
}

#[tokio::test]
async fn a_row_describes_its_image() {
    let gateway = demo_gateway("").await;
    let found = search(&gateway, &format!("ID={EXPOSURE}")).await;
    let value = |name: &str| found.column(name)[0].to_owned();
    assert_eq!(found.rows.len(), 1);
    for (column, expected) in [
        ("dataproduct_type", "image"),
        ("dataproduct_subtype", "lsst.calexp"),
        ("calib_level", "2"),
        ("obs_collection", "DC_W13_Stripe82"),
        ("obs_id", "5646-r-4-0694"),
        ("obs_publisher_did", "ivo://example.org/DC_W13_Stripe82?calexp/5646240694"),
        ("access_format", "application/x-votable+xml;content=datalink"),
        ("em_min", "5.474e-7"),
        ("em_max", "6.856e-7"),
        ("o_ucd", "phot.count"),
    ] {
        assert_eq!(value(column), expected, "{column}");
    }
    assert!(value("access_url").ends_with(&format!("/soda/links?ID={EXPOSURE}")));
    let region: Vec<f64> = value("s_region").split(' ').map(|angle| angle.parse().unwrap()).collect();
    assert!(region.len() >= 8 && region.len().is_multiple_of(2));
}

#[tokio::test]
async fn refusals_of_a_search_are_votables_and_text_where_text_was_wanted() {
    let gateway = demo_gateway("").await;
    for (query, text) in [
        ("BAND=-2", "UsageFault: invalid BAND value"),
        ("BAND=a", "UsageFault: invalid BAND value 'a': not a number"),
        ("BAND=2+1", "UsageFault: invalid BAND value '2 1': the bounds are in the wrong order"),
        ("BAND=NaN", "UsageFault: invalid BAND value"),
        ("TIME=1+2+3", "UsageFault: invalid TIME value"),
        ("POS=SQUARE+1+2+3", "UsageFault: invalid POS value"),
        ("POS=RANGE+1+2+3+4+5", "UsageFault: invalid POS value"),
        ("POS=CIRCLE+1+2+NaN", "UsageFault: invalid POS value"),
        ("POS=CIRCLE+1+91+1", "UsageFault: invalid POS value"),
        ("POS=POLYGON+0+0+1+1+1+0+0+1", "UsageFault: invalid POS value"),
        ("CALIB=5", "UsageFault: invalid CALIB value"),
        ("CALIB=two", "UsageFault: invalid CALIB value"),
        ("MAXREC=-1", "UsageFault: invalid MAXREC value"),
        ("MAXREC=1&MAXREC=2", "UsageFault: MAXREC is given more than once"),
        ("RUNID=a&runid=b", "UsageFault: RUNID is given more than once"),
        ("RESPONSEFORMAT=foo/bar", "UsageFault: invalid RESPONSEFORMAT value"),
    ] {
        let answer = gateway.get(&format!("{SODA}/query?{query}")).await;
        assert_eq!(answer.status(), 400, "{query}");
        assert_eq!(answer.headers()["content-type"], "application/x-votable+xml", "{query}");
        let table = Table::of(answer).await;
        assert_eq!(table.statuses(), ["ERROR"], "{query}");
        assert!(table.infos[0].2.starts_with(text), "{query}: {:?}", table.infos);
    }
    let answer = gateway.get(&format!("{SODA}/query?BAND=-2&RESPONSEFORMAT=csv")).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (400, &"text/plain; charset=utf-8".parse().unwrap())
    );
    let many = "POL=I&".repeat(501);
    assert_eq!(gateway.get(&format!("{SODA}/query?{many}")).await.status(), 400);
    let put = gateway.client().put(gateway.url(&format!("{SODA}/query"))).send().await.unwrap();
    assert_eq!((put.status().as_u16(), &put.headers()["allow"]), (405, &"GET, HEAD, POST".parse().unwrap()));
    let json = gateway.client().post(gateway.url(&format!("{SODA}/query"))).json("{}").send().await.unwrap();
    assert_eq!(json.status(), 415);
    let long = posted(&gateway, &format!("{SODA}/query"), format!("ID={}", "x".repeat(2 << 20))).await;
    assert_eq!(long.status(), 413);
}

#[tokio::test]
async fn a_search_by_post_and_under_its_other_names_is_the_same() {
    let gateway = demo_gateway("").await;
    let expected = gateway.bytes(&format!("{SODA}/query?POS=CIRCLE+37.64+0.1+0.05&BAND=6e-7")).await;
    for name in ["query", "sia", "sia2", "query/"] {
        let answer = posted(&gateway, &format!("{SODA}/{name}"), "pos=CIRCLE 37.64+0.1+0.05&Band=6e-7").await;
        assert_eq!(answer.bytes().await.unwrap(), expected, "{name}");
    }
}

#[tokio::test]
async fn tables_come_in_the_form_that_was_asked_for() {
    let gateway = demo_gateway("").await;
    for (format, content_type, begins) in [
        ("votable", "application/x-votable+xml", "<?xml"),
        ("text/xml", "text/xml", "<?xml"),
        ("application/x-votable%2Bxml", "application/x-votable+xml", "<?xml"),
        ("csv", "text/csv;header=present", "dataproduct_type,"),
        ("text/csv", "text/csv", "dataproduct_type,"),
        ("tsv", "text/tab-separated-values", "dataproduct_type\t"),
        ("text", "text/plain; charset=utf-8", "dataproduct_type     image\n"),
        ("text/plain", "text/plain", "dataproduct_type     image\n"),
        ("html", "text/html; charset=utf-8", "<!DOCTYPE html>"),
        ("text/html", "text/html", "<!DOCTYPE html>"),
    ] {
        let answer = gateway.get(&format!("{SODA}/query?MAXREC=1&RESPONSEFORMAT={format}")).await;
        assert_eq!(answer.headers()["content-type"], content_type, "{format}");
        assert!(answer.text().await.unwrap().starts_with(begins), "{format}");
    }
    let version = "application/x-votable%2Bxml;version%3D1.5";
    let answer = gateway.get(&format!("{SODA}/query?MAXREC=1&RESPONSEFORMAT={version}")).await;
    assert!(answer.text().await.unwrap().contains("<VOTABLE version=\"1.5\""));
}

#[tokio::test]
async fn a_search_answered_as_fits_has_the_rows_of_the_others() {
    let gateway = demo_gateway("").await;
    let rows = search(&gateway, "").await;
    for (query, format, count, is_cut_off) in [
        ("", "fits", rows.rows.len(), false),
        ("MAXREC=3&", "application/fits", 3, true),
        ("MAXREC=0&", "image/fits", 0, true),
    ] {
        let answer = gateway.get(&format!("{SODA}/query?{query}RESPONSEFORMAT={format}")).await;
        let expected = if format == "fits" { "application/fits" } else { format };
        assert_eq!(answer.headers()["content-type"], expected);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), answer.bytes().await.unwrap()).unwrap();
        let fits = FitsFile::open(file.path(), &Limits::default()).unwrap();
        let table = &fits.hdu(HduIndex(1)).unwrap().header;
        assert_eq!(table.integer("NAXIS2"), Some(count as i64), "{format}");
        assert_eq!(table.logical("OVERFLOW"), Some(is_cut_off), "{format}");
        assert_eq!(table.integer("TFIELDS"), Some(rows.fields.len() as i64));
        assert_eq!(table.text("TTYPE7").as_deref(), Some("obs_publisher_did"));
        assert_eq!(table.text("TUNIT12").as_deref(), Some("deg"));
    }
}

#[tokio::test]
async fn people_are_told_that_there_is_more() {
    let gateway = demo_gateway("").await;
    for format in ["text", "html"] {
        let page = gateway.get(&format!("{SODA}/query?MAXREC=2&RESPONSEFORMAT={format}")).await;
        assert!(page.text().await.unwrap().contains("There is more than this"), "{format}");
    }
    let page = gateway.get(&format!("{SODA}/links?ID={EXPOSURE}&RESPONSEFORMAT=html")).await.text().await;
    let page = page.unwrap();
    assert!(page.contains("<a href=\"http://") && !page.contains("There is more"), "{page}");
    for format in ["fits", "votable/b2"] {
        let refused = gateway.get(&format!("{SODA}/links?ID={EXPOSURE}&RESPONSEFORMAT={format}")).await;
        assert_eq!(refused.status(), 400, "links are TABLEDATA: {format}");
    }
}

#[tokio::test]
async fn an_answer_repeats_what_was_asked() {
    let gateway = demo_gateway("").await;
    let found = search(&gateway, "pos=CIRCLE+37.64+0.1+0.001&CALIB=2&CALIB=3&whatever=1&MAXREC=5").await;
    let inputs: Vec<_> =
        found.infos.iter().skip(2).map(|(name, value, _)| (name.as_str(), value.as_str())).collect();
    let expected = [("POS", "CIRCLE 37.64 0.1 0.001"), ("CALIB", "2"), ("CALIB", "3"), ("MAXREC", "5")];
    assert_eq!(inputs, expected);
}

async fn links(gateway: &Gateway, query: &str) -> Table {
    let answer = gateway.get(&format!("{SODA}/links?{query}")).await;
    assert_eq!(answer.status(), 200, "{query}");
    assert_eq!(answer.headers()["content-type"], "application/x-votable+xml;content=datalink", "{query}");
    Table::of(answer).await
}

#[tokio::test]
async fn every_link_of_an_exposure_leads_somewhere() {
    let gateway = demo_gateway("").await;
    let table = links(&gateway, &format!("ID={EXPOSURE}")).await;
    assert_eq!(
        table.infos[1],
        ("standardID".into(), "ivo://ivoa.net/std/DataLink#links-1.1".into(), String::new())
    );
    let rows = table.column("semantics").into_iter().zip(table.column("access_url"));
    for ((semantics, url), media_type) in rows.zip(table.column("content_type")) {
        if url.is_empty() {
            assert_eq!(semantics, "#cutout");
            continue;
        }
        let answer = gateway.client().get(url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{url}");
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(media_type), "{url}");
    }
    let number = table.column("semantics").iter().position(|semantics| *semantics == "#this").unwrap();
    let head = gateway.client().head(table.column("access_url")[number]).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], table.column("content_length")[number]);
}

#[tokio::test]
async fn links_answer_for_each_identifier_once_and_for_none() {
    let gateway = demo_gateway("\n[vo]\nmost_links = 2\n").await;
    assert_eq!(links(&gateway, "").await.rows.len(), 0);
    let one = links(&gateway, &format!("ID={EXPOSURE}")).await.rows.len();
    assert_eq!(links(&gateway, &format!("ID={EXPOSURE}&ID={EXPOSURE}")).await.rows.len(), one);
    let unknown = links(&gateway, "ID=ivo://example.org/DC_W13_Stripe82?calexp/1").await;
    assert_eq!(unknown.column("semantics"), ["#this"]);
    assert!(unknown.column("error_message")[0].starts_with("NotFoundFault: "));
    assert_eq!(unknown.column("access_url"), [""]);
    let both = links(&gateway, &format!("ID=x&ID={EXPOSURE}&ID=y")).await;
    assert_eq!((both.rows.len(), both.statuses()), (one + 1, vec!["OVERFLOW"]));
    let answer = posted(&gateway, &format!("{SODA}/links"), "ID=x&ID=y&RESPONSEFORMAT=votable").await;
    assert_eq!(Table::of(answer).await.column("ID"), ["x", "y"]);
    let refused = gateway.get(&format!("{SODA}/links?RESPONSEFORMAT=foo/bar")).await;
    assert_eq!(refused.status(), 400);
    assert!(Table::of(refused).await.infos[0].2.starts_with("UsageFault: "));
}

#[tokio::test]
async fn documents_answer_get_and_head_and_nothing_else() {
    let gateway = demo_gateway("").await;
    for (name, media_type) in [
        ("capabilities", "text/xml"),
        ("availability", "text/xml"),
        ("tables", "text/xml"),
        ("tables/ivoa.obscore", "text/xml"),
        ("examples", "application/xhtml+xml"),
        ("", "text/html"),
    ] {
        let path = format!("{SODA}/{name}");
        // A browser-like Accept of a Java client must not change what is answered.
        let java = "text/html, image/gif, image/jpeg, */*; q=0.2";
        let answer = gateway.client().get(gateway.url(&path)).header("Accept", java).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{name}");
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(media_type), "{name}");
        let head = gateway.client().head(gateway.url(&path)).send().await.unwrap();
        let length = head.headers()["content-length"].to_str().unwrap().to_owned();
        assert_eq!(length, answer.bytes().await.unwrap().len().to_string(), "{name}");
        let posted = gateway.client().post(gateway.url(&path)).send().await.unwrap();
        assert_eq!(
            (posted.status().as_u16(), &posted.headers()["allow"]),
            (405, &"GET, HEAD".parse().unwrap()),
            "{name}"
        );
    }
    for name in ["tables/nothing", "nothing", "capabilities/more"] {
        assert_eq!(gateway.get(&format!("{SODA}/{name}")).await.status(), 404, "{name}");
    }
}

#[tokio::test]
async fn the_links_in_documents_start_where_the_settings_say() {
    let gateway = demo_gateway("").await;
    let text = gateway.get(&format!("{SODA}/capabilities")).await.text().await.unwrap();
    let own = gateway.url("/api/image/soda/query");
    assert!(text.contains(&format!(">{own}</accessURL>")), "{text}");
}

#[tokio::test]
async fn pages_for_people_lead_somewhere_with_and_without_a_slash() {
    let gateway = demo_gateway("").await;
    for page in ["/api/image/soda", "/api/image/soda/", "/image/soda/", "/api/image/v1", "/api/image/v1/"] {
        let text = gateway.get(page).await.text().await.unwrap();
        let links: Vec<&str> =
            text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(links.len() >= 2, "{page}: {text}");
        for link in links {
            assert_eq!(gateway.client().get(link).send().await.unwrap().status(), 200, "{page}: {link}");
        }
    }
}

#[tokio::test]
async fn a_file_that_lies_gzipped_is_had_unpacked_whole_or_in_parts() {
    let gateway = demo_gateway("").await;
    let path = format!("{SODA}/data/DC_W13_Stripe82/raw/3325410171");
    let whole = gateway.bytes(&path).await;
    assert!(whole.starts_with(b"SIMPLE  ="));
    let asked = |range: &'static str| gateway.client().get(gateway.url(&path)).header("Range", range).send();
    for (range, part) in [
        ("bytes=2880-5759", &whole[2880..5760]),
        ("bytes=-100", &whole[whole.len() - 100..]),
        ("bytes=100-", &whole[100..]),
    ] {
        let answer = asked(range).await.unwrap();
        assert_eq!(answer.status(), 206, "{range}");
        assert!(answer.headers()["content-range"].to_str().unwrap().ends_with(&format!("/{}", whole.len())));
        assert_eq!(answer.bytes().await.unwrap(), part, "{range}");
    }
    assert_eq!(asked("bytes=999999999-").await.unwrap().status(), 416);
    assert_eq!(asked("bytes=0-1,5-6").await.unwrap().status(), 200);
    let tag = gateway.get(&path).await.headers()["etag"].clone();
    let again = gateway.client().get(gateway.url(&path)).header("If-None-Match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
}

#[tokio::test]
async fn files_and_pictures_are_had_by_name_and_nothing_else_is() {
    let gateway = demo_gateway("").await;
    let path = format!("{SODA}/data/DC_W13_Stripe82/calexp/5646240694");
    let whole = gateway.bytes(&path).await;
    let tag = gateway.get(&path).await.headers()["etag"].clone();
    let again = gateway.client().get(gateway.url(&path)).header("If-None-Match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    let part = gateway.client().get(gateway.url(&path)).header("Range", "bytes=-2880").send().await.unwrap();
    assert_eq!(
        (part.status().as_u16(), part.bytes().await.unwrap()),
        (206, whole[whole.len() - 2880..].to_vec().into())
    );
    // A download goes on only while the file is the same.
    let tag = gateway.get(&path).await.headers()["etag"].to_str().unwrap().to_owned();
    let date = gateway.get(&path).await.headers()["last-modified"].to_str().unwrap().to_owned();
    for (condition, status) in
        [(tag.as_str(), 206), ("\"other\"", 200), (&date, 206), ("Tue, 14 Nov 2023 22:13:20 GMT", 200)]
    {
        let part = gateway.client().get(gateway.url(&path)).header("Range", "bytes=0-9");
        let part = part.header("If-Range", condition).send().await.unwrap();
        assert_eq!(part.status(), status, "{condition}");
    }
    for name in [
        "DC_W13_Stripe82/calexp/1",
        "DC_W13_Stripe82/calexp",
        "DC_W13_Stripe82/calexp/5646240694/more",
        "DC_W13_Stripe82%2Fcalexp%2F..%2Fcalexp%2F5646240694",
        "..%2F..%2Fetc%2Fpasswd",
        "%2Fetc%2Fpasswd",
        "nowhere/calexp/5646240694",
    ] {
        for resource in ["data", "preview"] {
            let answer = gateway.get(&format!("{SODA}/{resource}/{name}")).await;
            assert_eq!(answer.status(), 404, "{resource}/{name}");
        }
    }
    for size in ["0", "x", "5000", "1&size=2"] {
        let answer =
            gateway.get(&format!("{SODA}/preview/DC_W13_Stripe82/calexp/5646240694?size={size}")).await;
        assert_eq!(answer.status(), 400, "{size}");
    }
    let picture = gateway.bytes(&format!("{SODA}/preview/DC_W13_Stripe82/calexp/5646240694?size=100")).await;
    let decoder = png::Decoder::new(std::io::Cursor::new(picture));
    let reader = decoder.read_info().unwrap();
    assert_eq!(reader.info().width.max(reader.info().height), 100);
}
