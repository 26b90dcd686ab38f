//! The way to the server: verified TLS, and a role that proves who it is.

use std::time::Duration;

use postgres::config::SslMode;
use postgres::error::SqlState;
use postgres::{Client, Config, NoTls};
use rustls::ClientConfig;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::passfile;
use crate::state;
use crate::vault::{Error, Login, Server, VaultLocation};
use crate::wire;
use crate::wire::Wire;

/// Connects as the role of the address.
pub(super) fn connect(server: &Server, login: &Login) -> Result<Client, Error> {
    let wire = Wire {
        authorities: server.root_certificate.clone().or_else(|| login.wire.authorities.clone()),
        ..login.wire.clone()
    };
    VaultLocation::Server(server.clone()).encryption(&wire)?;

    let mut config = Config::new();
    config.host(&server.host).port(server.port).user(&server.user).dbname(&server.database);
    config.application_name("pii").connect_timeout(wire.timeout);
    // A server that went away without a word is noticed, even while it is only listened to.
    config.keepalives_idle(KEEPALIVE).tcp_user_timeout(wire.timeout);
    if let Some(password) = passfile::password(server, login)? {
        config.password(password.as_bytes());
    }
    let client = if server.plaintext {
        config.ssl_mode(SslMode::Disable);
        config.connect(NoTls)
    } else {
        config.ssl_mode(SslMode::Require);
        config.connect(MakeRustlsConnect::new(ClientConfig::clone(&*wire.tls()?)))
    };
    let mut client = client.map_err(|error| failed(server, &error))?;
    // Nothing but our schema: whoever may write into another cannot slip a table under a name of ours.
    let settings = "SET search_path = pii, pg_temp; SET lock_timeout = '30s'; SET bytea_output = 'hex'";
    client.batch_execute(settings).map_err(|error| failed(server, &error))?;
    Ok(client)
}

/// What the server's or the connection's error means.
pub(super) fn failed(server: &Server, error: &postgres::Error) -> Error {
    let place = server.to_string();
    if let Some(said) = error.as_db_error() {
        let reason = said.message().to_owned();
        return match said.code() {
            &SqlState::INSUFFICIENT_PRIVILEGE => Error::Forbidden { role: server.user.clone(), place, reason },
            &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                Error::Unwelcome { role: server.user.clone(), place, reason }
            }
            &SqlState::LOCK_NOT_AVAILABLE => Error::State(state::Error::Locked),
            _ => Error::Server { place, reason },
        };
    }
    if error.is_closed() {
        return gone(server);
    }
    if error.to_string().contains("password missing") {
        let reason = "it asks for a password".to_owned();
        return Error::Unwelcome { role: server.user.clone(), place, reason };
    }
    let host = server.authority();
    match wire::Error::of(&host, error) {
        wire::Error::Broken { reason, .. } if reason.contains("server does not support TLS") => {
            wire::Error::NoTls { host, reason: "the server has TLS switched off".to_owned() }.into()
        }
        error => error.into(),
    }
}

/// The same, on a connection that stood.
pub(super) fn broken(server: &Server, error: &postgres::Error) -> Error {
    match failed(server, error) {
        Error::Wire(_) => gone(server),
        error => error,
    }
}

pub(super) fn gone(server: &Server) -> Error {
    Error::Server { place: server.to_string(), reason: "the connection is gone; nothing is half written".to_owned() }
}

const KEEPALIVE: Duration = Duration::from_secs(30);
