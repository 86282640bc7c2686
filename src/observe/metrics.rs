//! Every metric, named once.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    Encoder, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

/// Upper bounds of the classes that durations of requests are counted in, seconds.
const DURATIONS_S: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// The service's metrics; labels come from closed sets only.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    /// `trifocal_requests_total{dialect,endpoint,status}`
    pub requests: IntCounterVec,
    /// `trifocal_request_duration_seconds{dialect,endpoint}`: until the head of the answer is ready.
    pub request_duration: HistogramVec,
    /// `trifocal_cache_requests_total{cache,outcome}`
    pub cache_requests: IntCounterVec,
    /// `trifocal_cache_bytes{cache}`
    pub cache_bytes: IntGaugeVec,
    /// `trifocal_renditions_held_bytes`: cached or on their way to clients.
    pub renditions_held: IntGauge,
    /// `trifocal_renders_in_flight`
    pub renders_in_flight: IntGauge,
    /// `trifocal_renders_queued`
    pub renders_queued: IntGauge,
    /// `trifocal_frames{origin}`: frames that can be asked for.
    pub frames: IntGaugeVec,
    /// `trifocal_jobs`: jobs that are kept, of any phase.
    pub jobs: IntGauge,
    /// `trifocal_job_results_bytes`: room their results take on disk.
    pub job_results_bytes: IntGauge,
    /// `trifocal_camera_state{camera,state}`: 1 for the state the camera is in.
    pub camera_state: IntGaugeVec,
    /// `trifocal_camera_frame_age_seconds{camera}`
    pub camera_frame_age: GaugeVec,
    /// `trifocal_camera_unchanged_seconds{camera}`: time without a single byte of its picture changing.
    pub camera_unchanged: GaugeVec,
    /// `trifocal_camera_frames_total{camera}`
    pub camera_frames: IntCounterVec,
    /// `trifocal_camera_encodes_total{camera}`: pictures scaled and encoded.
    pub camera_encodes: IntCounterVec,
    /// `trifocal_camera_viewers{camera}`: streams being served.
    pub camera_viewers: IntGaugeVec,
    /// `trifocal_camera_buffer_bytes{camera}`: memory of the last seconds.
    pub camera_buffer_bytes: IntGaugeVec,
}

impl Metrics {
    /// Registers every metric in a registry of its own.
    ///
    /// # Errors
    /// When two metrics share a name, which a test rules out.
    pub fn register() -> prometheus::Result<Self> {
        let new = Registrar(Registry::new());
        new.version()?;
        Ok(Self {
            requests: new.counters(
                "trifocal_requests_total",
                "Answered requests.",
                &["dialect", "endpoint", "status"],
            )?,
            request_duration: new.durations(
                "trifocal_request_duration_seconds",
                "Time until the head of an answer is ready.",
                &["dialect", "endpoint"],
            )?,
            cache_requests: new.counters(
                "trifocal_cache_requests_total",
                "Answers taken from a cache or computed.",
                &["cache", "outcome"],
            )?,
            cache_bytes: new.gauges("trifocal_cache_bytes", "Bytes held by a cache.", &["cache"])?,
            renditions_held: new.gauge(
                "trifocal_renditions_held_bytes",
                "Bytes of pictures that are cached or on their way to clients.",
            )?,
            renders_in_flight: new.gauge("trifocal_renders_in_flight", "Renders being computed.")?,
            renders_queued: new.gauge("trifocal_renders_queued", "Renders waiting for their turn.")?,
            frames: new.gauges("trifocal_frames", "Frames that can be asked for.", &["origin"])?,
            jobs: new.gauge("trifocal_jobs", "Jobs that are kept, of any phase.")?,
            job_results_bytes: new.gauge("trifocal_job_results_bytes", "Room taken by results of jobs.")?,
            camera_state: new.gauges(
                "trifocal_camera_state",
                "1 for the state a camera is in.",
                &["camera", "state"],
            )?,
            camera_frame_age: new.seconds(
                "trifocal_camera_frame_age_seconds",
                "Age of the newest frame of a camera.",
                &["camera"],
            )?,
            camera_unchanged: new.seconds(
                "trifocal_camera_unchanged_seconds",
                "Time a camera has shown the very same picture; long for one that froze.",
                &["camera"],
            )?,
            camera_frames: new.counters("trifocal_camera_frames_total", "Frames received.", &["camera"])?,
            camera_encodes: new.counters(
                "trifocal_camera_encodes_total",
                "Pictures scaled and encoded.",
                &["camera"],
            )?,
            camera_viewers: new.gauges("trifocal_camera_viewers", "Streams being served.", &["camera"])?,
            camera_buffer_bytes: new.gauges(
                "trifocal_camera_buffer_bytes",
                "Memory of the last seconds.",
                &["camera"],
            )?,
            registry: new.0,
        })
    }

    /// Counts one answered request.
    pub fn observe_request(&self, dialect: &str, endpoint: &str, status: u16, duration: Duration) {
        self.requests.with_label_values(&[dialect, endpoint, status.to_string().as_str()]).inc();
        self.request_duration.with_label_values(&[dialect, endpoint]).observe(duration.as_secs_f64());
    }

    /// Brings a counter to a value counted elsewhere.
    pub fn bring_to(counters: &IntCounterVec, labels: &[&str], value: u64) {
        let counter = counters.with_label_values(labels);
        counter.inc_by(value.saturating_sub(counter.get()));
    }

    /// All metrics in the Prometheus text format.
    ///
    /// # Errors
    /// When a metric cannot be written as text.
    pub fn to_text(&self) -> prometheus::Result<Vec<u8>> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

/// Makes metrics that show up in its registry.
struct Registrar(Registry);

impl Registrar {
    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
        self.registered(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    fn gauge(&self, name: &str, help: &str) -> prometheus::Result<IntGauge> {
        self.registered(IntGauge::new(name, help)?)
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntGaugeVec> {
        self.registered(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    fn seconds(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<GaugeVec> {
        self.registered(GaugeVec::new(Opts::new(name, help), labels)?)
    }

    fn durations(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<HistogramVec> {
        let options = HistogramOpts::new(name, help).buckets(DURATIONS_S.to_vec());
        self.registered(HistogramVec::new(options, labels)?)
    }

    /// `trifocal_build_info{version}`: always 1.
    fn version(&self) -> prometheus::Result<()> {
        let options = Opts::new("trifocal_build_info", "1 for the version that runs.")
            .const_label("version", env!("CARGO_PKG_VERSION"));
        self.registered(IntGauge::with_opts(options)?).map(|build| build.set(1))
    }

    fn registered<M: Collector + Clone + 'static>(&self, metric: M) -> prometheus::Result<M> {
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_its_own_name_and_shows_in_the_text() {
        let metrics = Metrics::register().unwrap();
        metrics.observe_request("nina", "/v2/api/version", 200, Duration::from_millis(2));
        let text = String::from_utf8(metrics.to_text().unwrap()).unwrap();
        assert!(text.contains(
            r#"trifocal_requests_total{dialect="nina",endpoint="/v2/api/version",status="200"} 1"#
        ));
        let version = env!("CARGO_PKG_VERSION");
        assert!(text.contains(&format!("trifocal_build_info{{version=\"{version}\"}} 1")), "{text}");
    }
}
