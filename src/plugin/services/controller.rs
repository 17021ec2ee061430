//! How Terraform asks the process to end.

use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::plugin::proto::go_plugin::Empty;
use crate::plugin::proto::go_plugin::grpc_controller_server::GrpcController;

/// Cancels a token, which ends the server.
pub(crate) struct Controller {
    pub(crate) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        tracing::debug!("Terraform asks to end");
        self.shutdown.cancel();
        Ok(Response::new(Empty {}))
    }
}
