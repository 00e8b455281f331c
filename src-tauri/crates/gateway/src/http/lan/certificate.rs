//! What the local network knows this Inglenook by: a key pair, and a certificate that it signed itself.
//!
//! There is no authority that could vouch for a machine in a home, so a person compares the fingerprint once and
//! their program keeps the certificate. That is worth something only while the key stays: it is made once, is
//! readable by this user alone, and is in no backup and no export.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use domain::{Failure, Timestamp};
use jiff::ToSpan;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::failures::internal;

/// Some systems believe no certificate that is valid for more than 825 days.
const VALID_DAYS: i64 = 820;
/// From then on a new one is made, and has to be compared again.
const RENEW_AFTER_MS: i64 = (VALID_DAYS - 20) * 24 * 3_600_000;

/// What is shown to clients, and the means to show it.
pub(super) struct Identity {
    pub config: Arc<ServerConfig>,
    /// SHA-256 of the certificate, as other programs print it: `4F:0A:…`.
    pub fingerprint: String,
}

/// The identity that lies in a folder; made when there is none, when it is too old, or `anew`.
///
/// # Errors
/// Storage failures.
pub(super) fn identity(
    folder: &Path,
    names: Vec<String>,
    now: Timestamp,
    anew: bool,
) -> Result<Identity, Failure> {
    let kept = if anew || is_old(&certificate_file(folder), now) {
        None
    } else {
        read(folder)
    };
    match kept {
        Some(identity) => Ok(identity),
        None => {
            make(folder, names, now)?;
            read(folder).ok_or_else(|| internal("a certificate cannot be read back"))
        }
    }
}

/// The certificate as text, to be kept by the programs that shall believe it.
pub(super) fn certificate_file(folder: &Path) -> PathBuf {
    folder.join("certificate.pem")
}

fn key_file(folder: &Path) -> PathBuf {
    folder.join("key.pem")
}

fn is_old(file: &Path, now: Timestamp) -> bool {
    let made = std::fs::metadata(file).and_then(|file| file.modified()).ok();
    let made = made.and_then(|at| i64::try_from(at.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok());
    made.is_some_and(|made| now.millis().saturating_sub(made) > RENEW_AFTER_MS)
}

fn read(folder: &Path) -> Option<Identity> {
    let certificate = CertificateDer::from_pem_file(certificate_file(folder)).ok()?;
    let key = PrivateKeyDer::from_pem_file(key_file(folder)).ok()?;
    let fingerprint = fingerprint(&certificate);
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .ok()?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(Identity {
        config: Arc::new(config),
        fingerprint,
    })
}

fn make(folder: &Path, names: Vec<String>, now: Timestamp) -> Result<(), Failure> {
    let key = KeyPair::generate().map_err(internal)?;
    let mut params = CertificateParams::new(names).map_err(internal)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Inglenook");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let (year, month, date) = day(now, -1)?;
    params.not_before = rcgen::date_time_ymd(year, month, date);
    let (year, month, date) = day(now, VALID_DAYS)?;
    params.not_after = rcgen::date_time_ymd(year, month, date);
    let certificate = params.self_signed(&key).map_err(internal)?;
    store::make_private(folder)?;
    // the key first: a certificate without its key would be shown to nobody, and is made again
    store::write_private(&key_file(folder), key.serialize_pem().as_bytes())?;
    store::write_private(&certificate_file(folder), certificate.pem().as_bytes())
}

/// Year, month and day.
fn day(now: Timestamp, days: i64) -> Result<(i32, u8, u8), Failure> {
    let today = jiff::Timestamp::from_millisecond(now.millis()).map_err(internal)?;
    let date = today.to_zoned(jiff::tz::TimeZone::UTC).date();
    let date = date.checked_add(days.days()).map_err(internal)?;
    let small = |number: i8| u8::try_from(number).map_err(internal);
    Ok((date.year().into(), small(date.month())?, small(date.day())?))
}

fn fingerprint(certificate: &[u8]) -> String {
    let pairs = Sha256::digest(certificate);
    let pairs: Vec<String> = pairs.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}
