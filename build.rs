//! Generates the message types and services of `proto/`.

use std::env;
use std::process::{Command, ExitCode, Stdio};

const PROTOS: [&str; 2] = ["proto/go_plugin.proto", "proto/tfplugin6.proto"];

fn main() -> ExitCode {
    println!("cargo:rerun-if-env-changed=PROTOC");
    if !protoc_runs() {
        eprintln!("{PROTOC_MISSING}");
        return ExitCode::FAILURE;
    }
    let generated = tonic_prost_build::configure()
        .build_transport(false)
        .protoc_arg("--experimental_allow_proto3_optional")
        .compile_protos(&PROTOS, &["proto"]);
    match generated {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot generate code from proto/: {error}");
            ExitCode::FAILURE
        }
    }
}

const PROTOC_MISSING: &str = "\
protoc, the Protocol Buffers compiler, is needed to build this provider and does not run here.
Install it and build again:
  Debian, Ubuntu:  apt-get install protobuf-compiler
  Fedora:          dnf install protobuf-compiler
  Alpine:          apk add protobuf-dev
  macOS:           brew install protobuf
  Windows:         winget install Google.Protobuf
or set the environment variable PROTOC to the path of the program.";

fn protoc_runs() -> bool {
    let program = env::var_os("PROTOC").unwrap_or_else(|| "protoc".into());
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
