//! `rtsp:` cameras, over TCP: RTP/JPEG pictures as they are, H.264 and H.265 as coded video.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use retina::client::{
    Demuxed, PlayOptions, SessionOptions, SetupOptions, Stream, TcpTransportOptions, TeardownPolicy,
    Transport,
};
use retina::codec::{CodecItem, FrameFormat, ParametersRef, VideoFrame, VideoParameters};
use url::Url;

use super::address::{Credentials, SourceUrl};
use super::fetch::AGENT;
use super::{Capture, Session, Source, Surroundings};
use crate::camera::error::{CameraError, SourceError};
use crate::camera::frame::Moment;
use crate::camera::resolution::Resolution;
use crate::camera::video::coded::{Codec, EncodedFrame, holds_irap};
use crate::clock::Clock;

/// Reads `rtsp://host/path` URLs. The whole of them is the camera's own.
pub(super) fn open(url: &SourceUrl<'_>, surroundings: &Surroundings) -> Result<Box<dyn Source>, CameraError> {
    let (address, credentials) = url.network()?;
    Ok(Box::new(RtspCamera { address, credentials, clock: surroundings.clock.clone() }))
}

struct RtspCamera {
    address: Url,
    credentials: Option<Credentials>,
    clock: Arc<dyn Clock>,
}

/// How a stream's payload is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Payload {
    Jpeg,
    Video(Codec),
}

impl Payload {
    fn of(encoding_name: &str) -> Option<Self> {
        match encoding_name {
            "jpeg" => Some(Self::Jpeg),
            "h264" => Some(Self::Video(Codec::H264)),
            "h265" => Some(Self::Video(Codec::Hevc)),
            _ => None,
        }
    }
}

impl Source for RtspCamera {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Session>, SourceError>> {
        Box::pin(async move {
            let credentials = self.credentials.as_ref().map(|known| retina::client::Credentials {
                username: known.username.clone(),
                password: known.password.clone(),
            });
            let options = SessionOptions::default()
                .creds(credentials)
                .user_agent(AGENT.to_owned())
                .teardown(TeardownPolicy::Auto);
            let mut session =
                retina::client::Session::describe(self.address.clone(), options).await.map_err(failed)?;
            let offered = session.streams().iter().enumerate();
            let (stream, payload) = offered
                .filter(|(_, stream)| stream.media() == "video")
                .find_map(|(index, stream)| Some((index, Payload::of(stream.encoding_name())?)))
                .ok_or(SourceError::NoPictures("it offers no JPEG, H.264 or H.265 video"))?;
            let setup = SetupOptions::default()
                .transport(Transport::Tcp(TcpTransportOptions::default()))
                .frame_format(FrameFormat::SIMPLE);
            session.setup(stream, setup).await.map_err(failed)?;
            let playing = session.play(PlayOptions::default()).await.map_err(failed)?;
            let demuxed = Box::new(playing.demuxed().map_err(failed)?);
            let clock = self.clock.clone();
            Ok(Box::new(Playing { demuxed, payload, size: None, clock }) as Box<dyn Session>)
        })
    }
}

fn failed(error: retina::Error) -> SourceError {
    match error.status_code() {
        Some(401 | 403) => SourceError::NoPictures("it wants another name or password"),
        Some(404) => SourceError::NoPictures("it has nothing at this path"),
        _ => SourceError::Network(Box::new(error)),
    }
}

struct Playing {
    demuxed: Box<Demuxed>,
    payload: Payload,
    size: Option<Resolution>,
    clock: Arc<dyn Clock>,
}

impl Playing {
    fn capture(&mut self, frame: VideoFrame) -> Capture {
        let captured = Moment::now(&*self.clock);
        let parameters = match self.demuxed.streams().get(frame.stream_id()).and_then(Stream::parameters) {
            Some(ParametersRef::Video(video)) => Some(video),
            _ => None,
        };
        if self.size.is_none() || frame.has_new_parameters() {
            let size = parameters.map(VideoParameters::pixel_dimensions);
            self.size = size.map(|(width, height)| Resolution::new(width, height));
        }
        let mut is_keyframe = frame.is_random_access_point();
        let mut data = frame.into_data();
        // The library puts parameter sets before pictures of type IDR only.
        if self.payload == Payload::Video(Codec::Hevc) && !is_keyframe && holds_irap(&data) {
            is_keyframe = true;
            data.splice(..0, parameters.map(VideoParameters::extra_data).unwrap_or_default().iter().copied());
        }
        let data = Bytes::from(data);
        match self.payload {
            Payload::Jpeg => Capture::Picture { captured, jpeg: data },
            Payload::Video(codec) => {
                Capture::Coded(EncodedFrame { captured, codec, is_keyframe, resolution: self.size, data })
            }
        }
    }
}

impl Session for Playing {
    fn next(&mut self) -> BoxFuture<'_, Result<Capture, SourceError>> {
        Box::pin(async move {
            loop {
                match self.demuxed.next().await {
                    Some(Ok(CodecItem::VideoFrame(frame))) => return Ok(self.capture(frame)),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(failed(error)),
                    None => return Err(SourceError::NoPictures("it ended the stream")),
                }
            }
        })
    }
}
