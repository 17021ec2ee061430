//! A body that ends half way, with the connection.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::socket::Connection;

/// The first half of a body whose whole length is promised; then the connection is reset.
pub(crate) struct BrokenBody {
    half: Option<Bytes>,
    length: usize,
    reset: Pin<Box<Sleep>>,
    connection: Connection,
}

impl BrokenBody {
    pub(crate) fn of(body: &[u8], connection: Connection) -> Self {
        Self {
            half: Some(Bytes::copy_from_slice(&body[..body.len() / 2])),
            length: body.len(),
            // Long enough for the half to leave the machine's buffers.
            reset: Box::pin(sleep(Duration::from_millis(20))),
            connection,
        }
    }
}

impl Body for BrokenBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        ready!(self.reset.as_mut().poll(cx));
        self.connection.reset();
        // The task is dropped with the connection.
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.length).unwrap_or(u64::MAX))
    }
}
