//! Refusals that need a service brought to its limits: answers too large, queues that are full, resources that are
//! not there.

use trifocal::config::Config;

use crate::soda::ID;
use crate::support::Gateway;
use crate::vo::demo_settings;

const SYNC: &str = "/api/image/soda/sync";
const V1: &str = "/api/image/v1/DC_W13_Stripe82";

async fn gateway(settings: &str) -> Gateway {
    let (directory, toml) = demo_settings();
    let path = directory.path().join("trifocal.toml");
    std::fs::write(&path, format!("{toml}\n{settings}")).unwrap();
    Gateway::start(Config::load(&[path]).unwrap(), directory).await
}

#[tokio::test]
async fn an_answer_too_large_for_now_names_both_sizes_and_where_jobs_go() {
    let gateway = gateway("[vo]\nsync_pixels = 1000\n").await;
    let asked = format!("{SYNC}?ID={ID}&DETAIL=image&PIXEL=1 40 1 26");
    let answer = gateway.get(&asked).await;
    assert_eq!(answer.status(), 400);
    let text = answer.text().await.unwrap();
    assert!(text.starts_with("UsageError: ") && text.contains("1040") && text.contains("1000"), "{text}");
    assert!(text.contains(&gateway.url("/api/image/soda/async")), "{text}");
    let allowed = gateway.get(&format!("{SYNC}?ID={ID}&DETAIL=image&PIXEL=1 40 1 25")).await;
    assert_eq!(allowed.status(), 200);
}

#[tokio::test]
async fn more_at_once_than_there_are_places_for_is_asked_to_come_back_in_every_dialect() {
    let gateway = gateway("[limits]\nrenders_in_flight = 1\nrenders_queued = 0\n").await;
    for (path, start) in [
        (format!("{SYNC}?ID={ID}&RESPONSEFORMAT=image/png"), "ServiceUnavailable: "),
        (format!("{V1}?ds=calexp&sid=5646240694&RESPONSEFORMAT=image/png"), "{\"exception\":\"OSError\""),
    ] {
        let mut was_refused = false;
        for _ in 0..20 {
            let asked = (0..16).map(|_| gateway.get(&path));
            for answer in futures_util::future::join_all(asked).await {
                if answer.status() == 503 {
                    assert_eq!(answer.headers()["retry-after"], "1", "{path}");
                    let text = answer.text().await.unwrap();
                    assert!(text.starts_with(start), "{path}: {text}");
                    was_refused = true;
                } else {
                    assert_eq!(answer.status(), 200, "{path}");
                }
            }
            if was_refused {
                break;
            }
        }
        assert!(was_refused, "{path}");
    }
}

#[tokio::test]
async fn a_storm_of_jobs_meets_the_queue_and_availability_says_so() {
    let gateway = gateway("[jobs]\nworkers = 1\nqueued = 2\nmost_jobs = 400\nscratch_mib = 64\n").await;
    let about = async || gateway.get("/api/image/soda/availability").await.text().await.unwrap();
    assert!(about().await.contains("of 2 places in the queue of jobs 0 are taken"), "{}", about().await);
    let form = "application/x-www-form-urlencoded";
    let many: Vec<String> = (0..40).map(|n| format!("CIRCLE=37.6292 0.104625 0.00{n:02}1")).collect();
    let body = format!("ID={ID}&{}&PHASE=RUN", many.join("&"));
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let create = || {
        let url = gateway.url("/api/image/soda/async");
        client.post(url).header("Content-Type", form).body(body.clone()).send()
    };
    let (mut taken, mut refused) = (0, 0);
    for answer in
        futures_util::future::join_all((0..60).map(|_| create())).await.into_iter().map(Result::unwrap)
    {
        match answer.status().as_u16() {
            303 => taken += 1,
            503 => {
                refused += 1;
                assert_eq!(answer.headers()["retry-after"], "1");
                assert!(answer.text().await.unwrap().starts_with("ServiceUnavailable: too many jobs"));
            }
            other => panic!("answered {other}"),
        }
    }
    assert!(taken >= 2 && refused >= 1, "{taken} taken, {refused} refused");
    let document = about().await;
    assert!(document.contains("<vosi:available>true<"), "{document}");
    let (_, body) = gateway.json("/api/image/v1/availability").await;
    let notes = body["note"].to_string();
    assert!(notes.contains("of 64 MiB for their results"), "{notes}");
}

#[tokio::test]
async fn full_rooms_are_told_by_availability() {
    let gateway = gateway("[jobs]\nmost_jobs = 1\nscratch_mib = 0\n").await;
    let form = "application/x-www-form-urlencoded";
    let job = gateway.client().post(gateway.url("/api/image/soda/async"));
    assert_eq!(job.header("Content-Type", form).body(format!("ID={ID}")).send().await.unwrap().status(), 200);
    let document = gateway.get("/api/image/soda/availability").await.text().await.unwrap();
    for note in ["as many jobs are kept as may be", "the room for results is used up"] {
        assert!(document.contains(note), "{note} in {document}");
    }
    assert!(document.contains("<vosi:available>true<"), "searches and cutouts still work: {document}");
}

#[tokio::test]
async fn links_of_too_many_or_unknown_datasets_say_so_in_the_table() {
    let gateway = gateway("[vo]\nmost_links = 2\n").await;
    let did = |number: u64| format!("ID=ivo://example.org/DC_W13_Stripe82?calexp/{number}");
    let query = [did(5_646_240_694), did(5_646_140_694), did(3_325_410_171)].join("&");
    let table = gateway.get(&format!("/api/image/soda/links?{query}")).await.text().await.unwrap();
    assert!(table.contains("value=\"OVERFLOW\"") && !table.contains("calexp/3325410171"), "{table}");
    let unknown = gateway.get(&format!("/api/image/soda/links?{}", did(1))).await;
    assert_eq!(unknown.status(), 200);
    assert!(unknown.text().await.unwrap().contains("NotFoundFault: "));
}

#[tokio::test]
async fn bodies_beyond_the_limit_are_refused_by_every_service_in_its_words() {
    let gateway = gateway("[limits]\nrequest_bytes = 2000\n").await;
    for (path, start) in [
        (SYNC, "UsageError: "),
        ("/api/image/soda/async", "UsageError: "),
        ("/api/image/soda/query", "<?xml"),
        ("/api/image/soda/links", "<?xml"),
        (V1, "{\"exception\":\"ValueError\""),
        ("/api/image/v1/DC_W13_Stripe82/async", "{\"exception\":\"ValueError\""),
    ] {
        let posted = gateway.client().post(gateway.url(path));
        let posted = posted.header("Content-Type", "application/x-www-form-urlencoded");
        let answer = posted.body(format!("ID={}", "x".repeat(2000))).send().await.unwrap();
        assert_eq!(answer.status(), 413, "{path}");
        let text = answer.text().await.unwrap();
        assert!(text.starts_with(start), "{path}: {text}");
    }
}

#[tokio::test]
async fn a_service_whose_archive_is_gone_says_so_with_status_200() {
    let (directory, toml) = demo_settings();
    let path = directory.path().join("trifocal.toml");
    std::fs::write(&path, toml).unwrap();
    let config = Config::load(&[path]).unwrap();
    let folder = config.archives[0].datasets[0].directory.clone();
    let gateway = Gateway::start(config, directory).await;
    std::fs::rename(&folder, folder.with_extension("aside")).unwrap();
    let answer = gateway.get("/api/image/soda/availability").await;
    assert_eq!(answer.status(), 200);
    let document = answer.text().await.unwrap();
    assert!(document.contains("<vosi:available>false<"), "{document}");
    assert!(!document.contains(folder.to_str().unwrap()), "{document}");
    let (status, body) = gateway.json("/api/image/v1/availability").await;
    assert_eq!((status, body["available"].as_str()), (200, Some("false")), "{body}");
}
