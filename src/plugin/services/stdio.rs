//! The stream that would carry what the process prints.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_stream::Stream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{Request, Response, Status};

use crate::plugin::proto::go_plugin::grpc_stdio_server::GrpcStdio;
use crate::plugin::proto::go_plugin::{Empty, StdioData};

/// Keeps the stream open and sends nothing: Terraform reads the log from
/// stderr itself, and would report what came here as unexpected.
pub(crate) struct Stdio {
    pub(crate) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcStdio for Stdio {
    type StreamStdioStream = Silence;

    async fn stream_stdio(&self, _: Request<Empty>) -> Result<Response<Silence>, Status> {
        Ok(Response::new(Silence {
            end: Box::pin(self.shutdown.clone().cancelled_owned()),
        }))
    }
}

/// Nothing, until the process ends. An open stream would hold that up.
pub(crate) struct Silence {
    end: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Stream for Silence {
    type Item = Result<StdioData, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.end.as_mut().poll(context).map(|()| None)
    }
}
