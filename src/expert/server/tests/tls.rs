//! Addresses with https, against a real TLS server on the loopback with a certificate of our own making.

use super::{script::events, *};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
};

const AUTHORITY: &[u8] = include_bytes!("../../../../tests/data/tls/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("../../../../tests/data/tls/server.pem");
const KEY: &[u8] = include_bytes!("../../../../tests/data/tls/server.key");

/// Speaks TLS and gives every request the same reply; the port.
fn serve(reply: String) -> u16 {
    let provider = Arc::new(rustls_graviola::default_provider());
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(KEY).unwrap())
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, socket.unwrap());
            let mut request = vec![];
            let mut buffer = [0; 4096];
            // The client ends its body with a brace.
            while !request.ends_with(b"}") {
                match stream.read(&mut buffer) {
                    Ok(read) if 0 < read => request.extend_from_slice(&buffer[..read]),
                    _ => break,
                }
            }
            if !request.is_empty() {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(format!("{head}{reply}").as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    port
}

#[tokio::test]
async fn a_server_in_the_house_is_trusted_by_its_own_authority() {
    let port = serve(events("fine", "stop"));
    let url = format!("https://localhost:{port}/v1");
    let trusted = Some(Trusted::read(AUTHORITY).unwrap());
    let known = made(ServerSettings { trusted: trusted.clone(), ..settings(std::slice::from_ref(&url)) });
    assert_eq!(ask(&known, &generate(None)).await.unwrap().text, "fine");

    let stranger = settings(std::slice::from_ref(&url));
    let why = ask(&made(stranger), &generate(None)).await.unwrap_err().to_string();
    assert!(why.contains("has a certificate that is not trusted") && why.contains("`ca_file`"), "{why}");

    // The certificate is for this machine's name and address, not for another that leads here.
    #[cfg(target_os = "linux")]
    {
        let other = format!("https://127.0.0.2:{port}/v1");
        let elsewhere = ServerSettings { trusted, ..settings(&[other]) };
        let why = ask(&made(elsewhere), &generate(None)).await.unwrap_err().to_string();
        assert!(why.contains("has a certificate that is not trusted"), "{why}");
    }
}

#[test]
fn a_file_without_certificates_is_told() {
    assert!(Trusted::read(b"hello").unwrap_err().contains("no certificate"));
    assert!(Trusted::read(b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n").is_err());
}
