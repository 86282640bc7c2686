//! The second port, for the companion of Touch-N-Stars.

use std::net::SocketAddr;

use actix_web::dev::Server;
use actix_web::web::Data;
use actix_web::{App, HttpServer};

use super::Error;
use crate::protocol::nina::companion::{Companion, configure};

/// Listens on `address` and tells the port of the API; the address it really got comes back, too.
pub(super) fn listen(address: SocketAddr, api_port: u16) -> Result<(Server, SocketAddr), Error> {
    let companion = Data::new(Companion { api_port });
    let http = HttpServer::new(move || App::new().app_data(companion.clone()).configure(configure))
        .disable_signals()
        .workers(1)
        .bind(address)
        .map_err(|source| Error::Listen { address, source })?;
    let bound = http.addrs().first().copied().unwrap_or(address);
    Ok((http.run(), bound))
}
