//! How long it takes until a provider can be talked to.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::Result;
use crate::support::measure::{median, milliseconds};
use crate::support::wire::Started;

/// Starts that are not counted: the binary gets into the page cache.
const WARM_UP: usize = 3;

/// A slow provider is started less often than it was asked for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Medians, in milliseconds from just before the process is created.
#[derive(Clone, Copy)]
pub(crate) struct Start {
    pub(crate) handshake: f64,
    pub(crate) schema: f64,
}

/// Starts the providers by turns, so that what else the machine does meets all of them.
pub(crate) async fn measure(programs: [Option<&Path>; 2], runs: usize) -> Result<[Option<Start>; 2]> {
    let mut figures = [Vec::new(), Vec::new()];
    let begun = Instant::now();
    for run in 0..WARM_UP + runs {
        for (program, figures) in programs.iter().zip(&mut figures) {
            let Some(program) = program else { continue };
            let figure = once(program).await?;
            if run >= WARM_UP {
                figures.push(figure);
            }
        }
        if run > WARM_UP && begun.elapsed() > PATIENCE {
            break;
        }
    }
    Ok(figures.map(|figures| {
        (!figures.is_empty()).then(|| Start {
            handshake: median(figures.iter().map(|(handshake, _)| *handshake).collect()),
            schema: median(figures.iter().map(|(_, schema)| *schema).collect()),
        })
    }))
}

async fn once(program: &Path) -> Result<(f64, f64)> {
    let started = Started::new(program).await;
    let handshake = started.handshake;
    let mut connected = started.connect().await?;
    connected.schema().await?;
    Ok((milliseconds(handshake), milliseconds(connected.age())))
}
