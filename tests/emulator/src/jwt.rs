//! JSON Web Tokens: what the emulator signs and what it is shown.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::StartError;

/// An ES256 key with an id, for tokens the emulator issues.
///
/// Microsoft Entra ID signs with RS256. A client has no business in reading a token that is not addressed to it, and a P-256 key is
/// made in no time.
pub(crate) struct SigningKey {
    id: String,
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

impl SigningKey {
    pub(crate) fn generate() -> Result<Self, StartError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| StartError::Key)?;
        Ok(Self {
            id: Uuid::new_v4().simple().to_string(),
            pair,
            random: SystemRandom::new(),
        })
    }

    /// Signs the claims. Empty when the machine has no randomness, which nothing will take for a token.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = json!({"typ": "JWT", "alg": "ES256", "kid": self.id});
        let signed = format!("{}.{}", part(&header), part(claims));
        match self.pair.sign(&self.random, signed.as_bytes()) {
            Ok(signature) => format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)),
            Err(_) => String::new(),
        }
    }

    /// The token's claims when this key signed it.
    pub(crate) fn verify(&self, token: &str) -> Option<Value> {
        let jwt = Jwt::parse(token)?;
        if jwt.header["alg"] != "ES256" || jwt.header["kid"] != self.id.as_str() {
            return None;
        }
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key());
        key.verify(jwt.signed.as_bytes(), &jwt.signature).ok()?;
        Some(jwt.claims)
    }
}

/// A token taken apart, its signature not checked.
pub(crate) struct Jwt {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    /// What the signature is over.
    pub(crate) signed: String,
    pub(crate) signature: Vec<u8>,
}

impl Jwt {
    pub(crate) fn parse(token: &str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            signed: signed.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }
}

fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

fn object(part: &str) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    let json: Value = serde_json::from_slice(&bytes).ok()?;
    json.is_object().then_some(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_its_own_tokens_and_no_others() {
        let (ours, theirs) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let claims = json!({"aud": "x", "exp": 5});
        let token = ours.sign(&claims);
        assert_eq!(ours.verify(&token), Some(claims.clone()));
        assert_eq!(theirs.verify(&token), None);

        let parts: Vec<&str> = token.split('.').collect();
        let other = part(&json!({"aud": "y", "exp": 5}));
        assert_eq!(ours.verify(&format!("{}.{other}.{}", parts[0], parts[2])), None);
        let unsigned = part(&json!({"typ": "JWT", "alg": "none"}));
        assert_eq!(ours.verify(&format!("{unsigned}.{}.", parts[1])), None);
        for garbage in ["", "a", "a.b", "a.b.c", "..", "é.é.é"] {
            assert_eq!(ours.verify(garbage), None, "{garbage}");
        }
    }
}
