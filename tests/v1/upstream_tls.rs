//! Providers whose certificate proves nothing, and authorities that one provider may name (REL-26).

use std::sync::Arc;

use domain::FailureKind;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs, version};

use super::hi;
use crate::support::TestApp;

/// An authority that no machine knows.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// A server on a free port that shows a certificate for `name` and answers "ok" to whoever believes it.
    async fn serve(&self, name: &str, expired: bool) -> u16 {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        serve(certificate.der().clone(), &key).await
    }
}

async fn serve(certificate: tokio_rustls::rustls::pki_types::CertificateDer<'static>, key: &KeyPair) -> u16 {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // most of them do not believe it
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut read = vec![0; 1 << 16];
                let _asked = stream.read(&mut read).await;
                let body = json!({"id": "u", "object": "chat.completion", "created": 1, "model": "n", "choices":
                    [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}]})
                .to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let _sent = stream.write_all(format!("{head}{body}").as_bytes()).await;
                let _closed = stream.shutdown().await;
            });
        }
    });
    port
}

async fn add(app: &TestApp, id: &str, port: u16, ca: Option<&str>) {
    let args = json!({"id": id, "kind": "custom", "base_url": format!("https://localhost:{port}/v1"),
        "no_key": true, "ca": ca});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent(id, &format!("{id}/m"), "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_26_whoever_cannot_prove_to_be_the_provider_is_told_nothing() {
    let app = TestApp::start().await;
    let key = app.key().await;
    let known = Authority::new();
    let alone = KeyPair::generate().unwrap();
    let by_itself = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let by_itself = by_itself.self_signed(&alone).unwrap();
    let table = [
        (
            "unknown",
            known.serve("localhost", false).await,
            None,
            "nobody this machine trusts",
        ),
        (
            "self-signed",
            serve(by_itself.der().clone(), &alone).await,
            None,
            "nobody this machine trusts",
        ),
        (
            "expired",
            known.serve("localhost", true).await,
            Some(known.pem.as_str()),
            "has expired",
        ),
        (
            "misnamed",
            known.serve("elsewhere.example", false).await,
            Some(known.pem.as_str()),
            "another name",
        ),
        (
            "other",
            Authority::new().serve("localhost", false).await,
            Some(known.pem.as_str()),
            "nobody this machine trusts",
        ),
    ];
    for (id, port, ca, why) in table {
        add(&app, id, port, ca).await;
        let response = app.chat(&key, &hi(id)).await;
        assert_eq!(response.status(), 502, "{id}");
        let error: Value = response.json().await.unwrap();
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains(why), "{id}: {message}");
        let call = app.ended_call().await;
        assert_eq!(call.entries.len(), 1, "{id}: it is the same a second later");
        let kind = FailureKind::UpstreamUnreachable;
        assert_eq!(call.row.outcome, Some(domain::Outcome::Failed { kind }), "{id}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_26_a_provider_may_name_its_authority_and_others_do_not_trust_it() {
    let app = TestApp::start().await;
    let key = app.key().await;
    let authority = Authority::new();
    let port = authority.serve("localhost", false).await;
    add(&app, "own", port, Some(&authority.pem)).await;
    add(&app, "other", port, None).await;
    for _ in 0..2 {
        assert_eq!(app.chat(&key, &hi("own")).await.status(), 200);
        assert_eq!(app.chat(&key, &hi("other")).await.status(), 502);
    }
    for bad in [
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let args = json!({"id": "bad", "kind": "custom", "base_url": "https://localhost:1", "no_key": true, "ca": bad});
        assert_eq!(
            app.refused("provider.add", args).await,
            FailureKind::InvalidRequest,
            "{bad:?}"
        );
    }
    app.finish().await;
}
