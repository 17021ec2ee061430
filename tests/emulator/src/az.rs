//! A stand-in for the Azure CLI: a shell script that answers `az account get-access-token` as a signed-in person.
//!
//! <https://learn.microsoft.com/cli/azure/account#az-account-get-access-token>

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::authority::{for_person, lifetime};
use crate::world::World;

/// Where the script and what it reads are.
#[derive(Clone, Debug)]
pub(crate) struct Az {
    folder: PathBuf,
}

impl Az {
    /// Writes the script `az` into a folder that is to stand first on `PATH`.
    pub(crate) fn install(world: &mut World, folder: &Path) -> io::Result<()> {
        let az = Self {
            folder: std::fs::canonicalize(folder)?,
        };
        let script = az.folder.join("az");
        std::fs::write(&script, az.script(world))?;
        executable(&script)?;
        world.az = Some(az);
        refresh(world)
    }

    fn script(&self, world: &World) -> String {
        let config = &world.config;
        let folder = self.folder.display();
        format!(
            r#"#!/bin/sh
# Stands in for the Azure CLI. The emulator keeps the files it reads.
folder='{folder}'
echo "$*" >> "$folder/az-calls.log"
if [ "$1 $2" != "account get-access-token" ]; then
    echo "ERROR: '$*' is not in the emulated 'az' command group." >&2
    exit 2
fi
shift 2
scope='' tenant=''
while [ $# -gt 0 ]; do
    case "$1" in
        --scope) scope="$2"; shift ;;
        --resource) scope="$2/.default"; shift ;;
        --tenant|-t) tenant="$2"; shift ;;
        -o|--output) [ "$2" = json ] || exit 2; shift ;;
        *) echo "ERROR: unrecognized arguments: $1" >&2; exit 2 ;;
    esac
    shift
done
if [ -s "$folder/az-refusal.txt" ]; then
    cat "$folder/az-refusal.txt" >&2
    exit 1
fi
case "$tenant" in
    ''|'{id}'|'{domain}') ;;
    *) echo "ERROR: AADSTS90002: Tenant '$tenant' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud." >&2; exit 1 ;;
esac
if [ "$scope" != '{graph}/.default' ]; then
    echo "ERROR: AADSTS500011: The resource principal named ${{scope%/.default}} was not found in the tenant." >&2
    exit 1
fi
cat "$folder/az-token.json"
"#,
            id = config.tenant_id,
            domain = config.tenant_domain,
            graph = world.urls.graph,
        )
    }
}

/// Writes a fresh token, or the refusal, where the script reads it: the CLI would get one when the one it has ends.
pub(crate) fn refresh(world: &mut World) -> io::Result<()> {
    let Some(Az { folder }) = world.az.clone() else {
        return Ok(());
    };
    let person = world.config.person.clone();
    let resource = world.urls.graph.clone();
    let token = for_person(world, &person, &resource);
    let expires = world.config.clock.now() + lifetime(world);
    let local = format_description!("[year]-[month]-[day] [hour]:[minute]:[second].000000");
    let written = OffsetDateTime::from_unix_timestamp(expires)
        .ok()
        .and_then(|time| time.format(local).ok())
        .unwrap_or_default();
    let body = json!({
        "accessToken": token,
        "expiresOn": written,
        "expires_on": expires,
        "subscription": "5a1b6a0e-2f0c-4f52-9d0c-1f5c7a3b2d4e",
        "tenant": world.config.tenant_id,
        "tokenType": "Bearer",
    });
    replace(&folder.join("az-token.json"), &format!("{body:#}\n"))?;
    replace(&folder.join("az-refusal.txt"), &person.refusal)
}

/// Writes a file that may be read meanwhile.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    std::fs::write(&draft, text)?;
    std::fs::rename(draft, path)
}

#[cfg(unix)]
fn executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn executable(_: &Path) -> io::Result<()> {
    Ok(())
}
