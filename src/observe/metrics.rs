//! Every metric, named once.

use std::time::Duration;

use prometheus::{
    Encoder, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

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
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| -> prometheus::Result<IntCounterVec> {
            let metric = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let gauges = |name: &str, help: &str, labels: &[&str]| -> prometheus::Result<IntGaugeVec> {
            let metric = IntGaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let gauge = |name: &str, help: &str| -> prometheus::Result<IntGauge> {
            let metric = IntGauge::new(name, help)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let request_duration = HistogramVec::new(
            HistogramOpts::new(
                "trifocal_request_duration_seconds",
                "Time until the head of an answer is ready.",
            )
            .buckets(vec![0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0]),
            &["dialect", "endpoint"],
        )?;
        registry.register(Box::new(request_duration.clone()))?;
        let seconds = |name: &str, help: &str| -> prometheus::Result<GaugeVec> {
            let metric = GaugeVec::new(Opts::new(name, help), &["camera"])?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let camera_frame_age =
            seconds("trifocal_camera_frame_age_seconds", "Age of the newest frame of a camera.")?;
        let camera_unchanged = seconds(
            "trifocal_camera_unchanged_seconds",
            "Time a camera has shown the very same picture; long for one that froze.",
        )?;
        let version = Opts::new("trifocal_build_info", "1 for the version that runs.")
            .const_label("version", env!("CARGO_PKG_VERSION"));
        let build = IntGauge::with_opts(version)?;
        build.set(1);
        registry.register(Box::new(build))?;
        Ok(Self {
            requests: counters(
                "trifocal_requests_total",
                "Answered requests.",
                &["dialect", "endpoint", "status"],
            )?,
            cache_requests: counters(
                "trifocal_cache_requests_total",
                "Answers taken from a cache or computed.",
                &["cache", "outcome"],
            )?,
            cache_bytes: gauges("trifocal_cache_bytes", "Bytes held by a cache.", &["cache"])?,
            renditions_held: gauge(
                "trifocal_renditions_held_bytes",
                "Bytes of pictures that are cached or on their way to clients.",
            )?,
            renders_in_flight: gauge("trifocal_renders_in_flight", "Renders being computed.")?,
            renders_queued: gauge("trifocal_renders_queued", "Renders waiting for their turn.")?,
            frames: gauges("trifocal_frames", "Frames that can be asked for.", &["origin"])?,
            jobs: gauge("trifocal_jobs", "Jobs that are kept, of any phase.")?,
            job_results_bytes: gauge("trifocal_job_results_bytes", "Room taken by results of jobs.")?,
            camera_state: gauges(
                "trifocal_camera_state",
                "1 for the state a camera is in.",
                &["camera", "state"],
            )?,
            camera_frames: counters("trifocal_camera_frames_total", "Frames received.", &["camera"])?,
            camera_encodes: counters(
                "trifocal_camera_encodes_total",
                "Pictures scaled and encoded.",
                &["camera"],
            )?,
            camera_viewers: gauges("trifocal_camera_viewers", "Streams being served.", &["camera"])?,
            camera_buffer_bytes: gauges(
                "trifocal_camera_buffer_bytes",
                "Memory of the last seconds.",
                &["camera"],
            )?,
            request_duration,
            camera_frame_age,
            camera_unchanged,
            registry,
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
