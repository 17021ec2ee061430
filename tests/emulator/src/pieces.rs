//! Bodies that come slowly, or not to their end.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::socket::Connection;

/// A body in pieces with a pause before each.
pub(crate) struct Pieces {
    pieces: VecDeque<Bytes>,
    /// Bytes that are promised.
    length: u64,
    pause: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    /// Reset where the body would end.
    reset: Option<Connection>,
}

impl Pieces {
    pub(crate) fn slow(body: Bytes, chunk: usize, pause_millis: u64) -> Self {
        let length = body.len();
        let chunk = chunk.max(1);
        Self {
            pieces: (0..length)
                .step_by(chunk)
                .map(|start| body.slice(start..length.min(start + chunk)))
                .collect(),
            length: u64::try_from(length).unwrap_or(u64::MAX),
            pause: Duration::from_millis(pause_millis),
            timer: None,
            reset: None,
        }
    }

    pub(crate) fn broken(half: Bytes, length: usize, connection: Connection) -> Self {
        Self {
            pieces: VecDeque::from([half]),
            length: u64::try_from(length).unwrap_or(u64::MAX),
            // Long enough for what went before to leave the machine's buffers.
            pause: Duration::from_millis(20),
            timer: None,
            reset: Some(connection),
        }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.pieces.is_empty() && self.reset.is_none() {
            return Poll::Ready(None);
        }
        let pause = self.pause;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(pause)));
        ready!(timer.as_mut().poll(cx));
        self.timer = None;
        if let Some(piece) = self.pieces.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if let Some(connection) = &self.reset {
            connection.reset();
        }
        // Whoever waits is dropped with the connection.
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && self.reset.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let waiting: usize = self.pieces.iter().map(Bytes::len).sum();
        let left = if self.reset.is_some() {
            self.length
        } else {
            u64::try_from(waiting).unwrap_or(u64::MAX)
        };
        SizeHint::with_exact(left)
    }
}
