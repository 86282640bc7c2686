//! SODA async over the demo archive: the whole tree of a job.

use reqwest::Method;
use trifocal::config::Config;

use crate::job_client::{ASYNC, Uws};
use crate::soda::ID;
use crate::support::Gateway;
use crate::vo::demo_settings;

const IMAGESERV: &str = "/api/image/v1/DC_W13_Stripe82/async";
const CIRCLE: &str = "CIRCLE=37.6292 0.104625 0.003";

async fn gateway(settings: &str) -> Gateway {
    let (directory, toml) = demo_settings();
    let path = directory.path().join("trifocal.toml");
    std::fs::write(&path, format!("{toml}\n{settings}")).unwrap();
    Gateway::start(Config::load(&[path]).unwrap(), directory).await
}

#[tokio::test]
async fn a_job_goes_from_creation_to_results() {
    let gateway = gateway("").await;
    let mut uws = Uws::new(&gateway);
    let job = uws.create(&format!("ID={ID}&RUNID=mine")).await;
    let (_, document) = uws.get(&job).await;
    for part in ["version=\"1.1\"", "<uws:phase>PENDING<", "<uws:runId>mine<", "<uws:results"] {
        assert!(document.contains(part), "{part} in {document}");
    }
    assert_eq!(uws.get(&format!("{job}/phase")).await, (200, "PENDING".to_owned()));
    let (status, location) = uws.post(&format!("{job}/parameters"), CIRCLE).await;
    assert_eq!((status, location), (303, gateway.url(&format!("{ASYNC}{job}"))));
    assert!(
        uws.get(&format!("{job}/parameters")).await.1.contains(">37.6292 0.104625 0.003</uws:parameter>")
    );
    assert_eq!(uws.post(&job, CIRCLE).await.0, 400, "parameters are not accepted at the job itself");
    assert_eq!(uws.post(&format!("{job}/phase"), "PHASE=RUN").await.0, 303);
    let document = uws.ended(&job).await;
    assert!(document.contains(">COMPLETED<") && document.contains("id=\"result_1\""), "{document}");
    assert!(document.contains("mime-type=\"application/fits\""), "{document}");
    assert_eq!(uws.get(&format!("{job}/error")).await.0, 404);
    assert_eq!(uws.get(&format!("{job}/quote")).await, (200, String::new()));
    assert_eq!(uws.get(&format!("{job}/owner")).await, (200, String::new()));
    let result = uws.send(Method::GET, &format!("{job}/results/result_1"), "").await;
    assert!(result.headers().contains_key("etag"));
    let whole = result.bytes().await.unwrap();
    assert!(whole.starts_with(b"SIMPLE"));
    let url = gateway.url(&format!("{ASYNC}{job}/results/result_1"));
    let part = uws.client.get(url).header("Range", "bytes=2880-2889").send().await.unwrap();
    assert_eq!((part.status().as_u16(), part.bytes().await.unwrap()), (206, whole.slice(2880..2890)));
    let (_, manifest) = uws.get(&format!("{job}/results/manifest")).await;
    assert!(
        manifest.contains(&format!("result_1,\"{ID}\",\"CIRCLE 37.6292 0.104625 0.003\",\"OK\"")),
        "{manifest}"
    );
    assert_eq!(uws.post(&format!("{job}/parameters"), CIRCLE).await.0, 403);
    assert_eq!(uws.post(&format!("{job}/phase"), "PHASE=RUN").await.0, 403);
    assert_eq!(uws.post(&format!("{job}/phase"), "PHASE=ABORT").await.0, 303);
    let removed = uws.send(Method::DELETE, &job, "").await;
    assert_eq!(removed.status(), 303);
    assert_eq!(removed.headers()["location"].to_str().unwrap(), gateway.url(ASYNC));
    assert_eq!(uws.get(&job).await.0, 404);
    assert_eq!(uws.get(&format!("{job}/results/result_1")).await.0, 404);
}

#[tokio::test]
async fn every_combination_has_a_result_even_without_pixels() {
    let gateway = gateway("").await;
    let mut uws = Uws::new(&gateway);
    let two_by_two = "CIRCLE=37.6292 0.104625 0.003&CIRCLE=200 40 0.1&BAND=6e-7&BAND=-Inf Inf";
    let job = uws.create(&format!("ID={ID}&{two_by_two}&PHASE=RUN")).await;
    let document = uws.ended(&job).await;
    assert!(document.contains(">COMPLETED<"), "{document}");
    assert_eq!(document.matches("<uws:result ").count(), 4, "{document}");
    assert!(!document.contains("id=\"PHASE\""), "what steers a job is no parameter of it");
    for (number, start) in [(1, "SIMPLE"), (2, "SIMPLE"), (3, "UsageError: no overlap"), (4, "UsageError")] {
        let answer = uws.send(Method::GET, &format!("{job}/results/result_{number}"), "").await;
        assert_eq!(answer.status(), 200);
        assert!(answer.bytes().await.unwrap().starts_with(start.as_bytes()), "{number}");
    }
    let job = uws.create(&format!("ID=nobody&ID={ID}&{CIRCLE}&PHASE=RUN")).await;
    assert!(uws.ended(&job).await.contains(">COMPLETED<"));
    assert!(
        uws.get(&format!("{job}/results/result_1")).await.1.starts_with("UsageError: ID not found: nobody")
    );
}

#[tokio::test]
async fn a_job_that_cannot_be_done_says_why() {
    let gateway = gateway("").await;
    let mut uws = Uws::new(&gateway);
    for (parameters, message) in [
        (format!("ID={ID}&CIRCLE=1 2 -3"), "UsageError: invalid CIRCLE"),
        ("CIRCLE=1 2 3".to_owned(), "UsageError: ID is required"),
        ("ID=nobody".to_owned(), "UsageError: ID not found: nobody"),
    ] {
        let job = uws.create(&format!("{parameters}&PHASE=RUN")).await;
        let document = uws.ended(&job).await;
        assert!(document.contains(">ERROR<") && document.contains(message), "{document}");
        assert!(document.contains("hasDetail=\"true\""), "{document}");
        let (status, text) = uws.get(&format!("{job}/error")).await;
        assert!(status == 200 && text.starts_with(message), "{text}");
    }
}

#[tokio::test]
async fn limits_are_set_and_refused_in_their_own_resources() {
    let gateway = gateway("").await;
    let mut uws = Uws::new(&gateway);
    let job = uws.create(&format!("ID={ID}&EXECUTIONDURATION=30&DESTRUCTION=2200-01-01T00:00:00Z")).await;
    assert_eq!(uws.get(&format!("{job}/executionduration")).await.1, "30");
    let (_, destruction) = uws.get(&format!("{job}/destruction")).await;
    assert!(
        !destruction.starts_with("2200") && destruction.ends_with('Z'),
        "brought into the limits: {destruction}"
    );
    assert_eq!(uws.post(&format!("{job}/executionduration"), "executionduration=0").await.0, 303);
    assert_eq!(uws.get(&format!("{job}/executionduration")).await.1, "3600");
    for (path, body) in [
        ("executionduration", "EXECUTIONDURATION=soon"),
        ("destruction", "DESTRUCTION=tomorrow"),
        ("phase", "PHASE=DANCE"),
        ("phase", "PHASE=run"),
    ] {
        assert_eq!(uws.post(&format!("{job}/{path}"), body).await.0, 400, "{body}");
    }
    assert_eq!(uws.get(&format!("{job}?WAIT=-2")).await.0, 400);
    assert_eq!(uws.get(&format!("{job}?WAIT=x")).await.0, 400);
    assert_eq!(uws.get(&format!("{job}?WAIT=30&PHASE=QUEUED")).await.0, 200, "at once: it is pending");
    assert_eq!(uws.post(&format!("{job}/destruction"), "DESTRUCTION=2001-01-01T00:00:00").await.0, 303);
    assert_eq!(uws.get(&job).await.0, 404);
    for path in ["/nobody", "/0123456789abcdef0123456789abcdef", "/..%2f..%2fetc", "/x/phase", "/x/results/y"]
    {
        assert_eq!(uws.get(path).await.0, 404, "{path}");
    }
    let refused = uws.send(Method::DELETE, "", "").await;
    assert_eq!(
        (refused.status().as_u16(), refused.headers()["allow"].to_str().unwrap()),
        (405, "GET, HEAD, POST")
    );
}

#[tokio::test]
async fn clients_list_their_own_jobs_and_nobody_elses() {
    let gateway = gateway("").await;
    let mut uws = Uws::new(&gateway);
    let pending = uws.create(&format!("ID={ID}")).await;
    let failed = uws.create("ID=nobody&PHASE=RUN").await;
    uws.ended(&failed).await;
    let listed = async |query: &str| {
        let (status, document) = uws.get(query).await;
        assert_eq!(status, 200, "{query}");
        [&pending, &failed].map(|job| document.contains(&format!("id=\"{}\"", &job[1..])))
    };
    assert_eq!(listed("").await, [true, true]);
    assert_eq!(listed("?PHASE=PENDING").await, [true, false]);
    assert_eq!(listed("?PHASE=PENDING&PHASE=ERROR").await, [true, true]);
    assert_eq!(listed("?PHASE=ARCHIVED").await, [false, false]);
    assert_eq!(listed("?LAST=1").await, [false, true]);
    assert_eq!(listed("?AFTER=2200-01-01").await, [false, false]);
    for query in ["?LAST=0", "?LAST=x", "?AFTER=never", "?PHASE=x"] {
        assert_eq!(uws.get(query).await.0, 400, "{query}");
    }
    let stranger = Uws::new(&gateway);
    assert!(!stranger.get("").await.1.contains("jobref"));
    assert_eq!(stranger.get(&pending).await.0, 200, "who knows the name may use it");
}

#[tokio::test]
async fn a_storm_of_jobs_meets_the_bound() {
    let gateway = gateway("[jobs]\nmost_jobs = 3\n").await;
    let mut uws = Uws::new(&gateway);
    for _ in 0..3 {
        uws.create(&format!("ID={ID}")).await;
    }
    let refused = uws.send(Method::POST, "", &format!("ID={ID}&PHASE=RUN")).await;
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(refused.text().await.unwrap().starts_with("ServiceUnavailable: "));
}

#[tokio::test]
async fn jobs_and_results_outlive_the_service() {
    let (directory, toml) = demo_settings();
    let path = directory.path().join("trifocal.toml");
    std::fs::write(&path, toml).unwrap();
    let config = Config::load(&[path]).unwrap();
    let gateway = Gateway::start(config.clone(), directory.clone()).await;
    let mut uws = Uws::new(&gateway);
    let job = uws.create(&format!("ID={ID}&{CIRCLE}&PHASE=RUN")).await;
    uws.ended(&job).await;
    let (_, before) = uws.get(&format!("{job}/results/manifest")).await;
    gateway.stop().await;
    let gateway = Gateway::start(config, directory).await;
    let uws = Uws::new(&gateway);
    assert!(uws.get(&job).await.1.contains(">COMPLETED<"));
    assert_eq!(uws.get(&format!("{job}/results/manifest")).await, (200, before));
    assert_eq!(uws.get(&format!("{job}/results/result_1")).await.0, 200);
}

#[tokio::test]
async fn an_imageserv_job_has_the_answer_the_request_would_have_had() {
    let gateway = gateway("").await;
    let mut uws = Uws::at(&gateway, IMAGESERV);
    let query = "ds=calexp&sid=5646240694&ra=37.6292&dec=0.104625&width=30&height=45";
    let job = uws.create(&format!("{query}&RUNID=mine")).await;
    assert_eq!(uws.post(&format!("{job}/parameters"), "unit=pixel").await.0, 303);
    assert_eq!(uws.post(&format!("{job}/phase"), "PHASE=RUN").await.0, 303);
    let document = uws.ended(&job).await;
    let here = format!("{}{job}/results/result_1", gateway.url(IMAGESERV));
    for part in [">COMPLETED<", ">mine<", &here, "mime-type=\"image/fits\"", "id=\"unit\">pixel<"] {
        assert!(document.contains(part), "{part} in {document}");
    }
    let result = uws.send(Method::GET, &format!("{job}/results/result_1"), "").await;
    assert!(result.headers().contains_key("etag"));
    let length = result.bytes().await.unwrap().len();
    let at_once = gateway.bytes(&format!("/api/image/v1/DC_W13_Stripe82?{query}&unit=pixel")).await;
    assert_eq!(length, at_once.len());
    assert!(uws.get("").await.1.contains(&format!("id=\"{}\"", &job[1..])));
    let (status, location) = uws.post(&job, "ACTION=DELETE").await;
    assert_eq!((status, location), (303, gateway.url(IMAGESERV)));
    assert_eq!(uws.get(&job).await.0, 404);
}

#[tokio::test]
async fn imageserv_jobs_are_left_as_documents_stitch_and_translate_ids() {
    let gateway = gateway("").await;
    let mut uws = Uws::at(&gateway, IMAGESERV);
    let stitched = "ds=deepcoadd&ra=19.37995&dec=-0.3146&filter=r&width=200&height=9&unit=pixel&stitch=true";
    for (parameters, media_type) in [
        (stitched, "image/fits"),
        ("ds=calexp&sid=5646240694&RESPONSEFORMAT=image/png", "image/png"),
        ("ds=raw&sid=5646240694", "image/fits"),
        ("ds=raw&get_dataid=get&ccdexpid=5646240964", "application/json"),
    ] {
        let job = uws.create(&format!("{parameters}&PHASE=RUN")).await;
        let document = uws.ended(&job).await;
        assert!(document.contains(&format!("mime-type=\"{media_type}\"")), "{parameters}: {document}");
        assert_eq!(uws.get_status(&format!("{job}/results/result_1")).await, 200, "{parameters}");
    }
    let document = r#"{"image":{"ds":"raw","image_id":{"ccd_exp_id":5646240694}}}"#;
    let posted = uws.client.post(gateway.url(IMAGESERV)).header("Content-Type", "application/json");
    let posted = posted.body(document).send().await.unwrap();
    assert_eq!(posted.status(), 303);
}

#[tokio::test]
async fn imageserv_jobs_fail_in_the_words_of_imageserv() {
    let gateway = gateway("").await;
    let mut uws = Uws::at(&gateway, IMAGESERV);
    for (parameters, exception, message) in [
        ("ds=raw&ra=1&dec=2&filter=q", "ValueError", "Invalid filter q. Valid filters are ugriz."),
        ("ds=warped&sid=1", "OSError", "Db Not Found"),
        ("sid=1", "OSError", "Missing ds parameter"),
        ("ds=raw&sid=5646240999", "OSError", "Image Not Found"),
        ("ds=raw&sid=5646240694&ra=200&dec=40&width=1&height=1", "OSError", "Image Not Found"),
    ] {
        let job = uws.create(&format!("{parameters}&PHASE=RUN")).await;
        let document = uws.ended(&job).await;
        assert!(
            document.contains(&format!("<uws:message>{exception}: {message}")),
            "{parameters}: {document}"
        );
        let (status, error) = gateway.json(&format!("{IMAGESERV}{job}/error")).await;
        let error = (error["exception"].as_str().unwrap(), error["message"].as_str().unwrap());
        assert_eq!((status, error), (200, (exception, message)), "{parameters}");
    }
    let job = uws.create("ds=raw").await;
    for (path, body, status) in [
        (format!("{job}/phase"), "PHASE=FAST", 400),
        (job.clone(), "ds=raw", 400),
        (format!("{job}/executionduration"), "EXECUTIONDURATION=long", 400),
        ("/nobody/phase".to_owned(), "PHASE=RUN", 404),
    ] {
        let answer = uws.send(Method::POST, &path, body).await;
        assert_eq!(answer.status(), status, "{path} {body}");
        let answer: serde_json::Value = answer.json().await.unwrap();
        assert!(answer["exception"].is_string(), "{path} {body}: {answer}");
    }
    let wrong = uws.send(Method::DELETE, "", "").await;
    assert_eq!(
        (wrong.status().as_u16(), wrong.headers()["allow"].to_str().unwrap()),
        (405, "GET, HEAD, POST")
    );
    let nowhere = gateway.json("/api/image/v1/Nowhere/async").await;
    assert_eq!((nowhere.0, nowhere.1["message"].as_str()), (404, Some("Db Not Found")));
}

#[tokio::test]
async fn each_service_knows_its_own_jobs_only() {
    let gateway = gateway("").await;
    let mut imageserv = Uws::at(&gateway, IMAGESERV);
    let job = imageserv.create("ds=raw&sid=5646240694").await;
    let mut soda = Uws::new(&gateway);
    soda.session.clone_from(&imageserv.session);
    assert_eq!(soda.get(&job).await.0, 404);
    assert_eq!(soda.post(&format!("{job}/phase"), "PHASE=RUN").await.0, 404);
    assert!(!soda.get("").await.1.contains("jobref"));
    let theirs = soda.create(&format!("ID={ID}")).await;
    assert_eq!(imageserv.get(&theirs).await.0, 404);
    assert_eq!(gateway.get(&format!("/api/image/v1/nina/async{job}")).await.status(), 404, "another archive");
}
