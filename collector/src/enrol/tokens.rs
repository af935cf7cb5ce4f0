//! Every join token in memory, found by its secret or its id.

use std::collections::BTreeMap;

use report::Timestamp;
use subtle::ConstantTimeEq as _;

use super::token::TokenRecord;
use crate::store::KeptToken;

/// The first bytes of a hash: with twenty thousand tokens nearly every shelf holds one.
type Shelf = [u8; 4];

/// Every join token.
///
/// Whoever knocks has a secret looked up, valid or not, so that must not take longer the more
/// tokens there are. The shelf is chosen by the hash of the secret, which nobody can steer without
/// knowing the secret; on it, hashes are compared in constant time.
#[derive(Debug, Default)]
pub struct Tokens {
    shelves: BTreeMap<Shelf, Vec<KeptToken>>,
    /// By id: on which shelf.
    ids: BTreeMap<String, Shelf>,
}

impl Tokens {
    /// The token with a secret of this hash.
    #[must_use]
    pub fn with_secret(&self, secret_hash: &[u8; 32]) -> Option<&TokenRecord> {
        let shelf = self.shelves.get(&shelf(secret_hash))?;
        shelf.iter().fold(None, |found, token| {
            let matches = bool::from(token.secret_hash.ct_eq(secret_hash));
            if matches { Some(&token.record) } else { found }
        })
    }

    /// Takes in one more.
    pub fn insert(&mut self, token: KeptToken) {
        let shelf = shelf(&token.secret_hash);
        self.ids.insert(token.record.id.clone(), shelf);
        self.shelves.entry(shelf).or_default().push(token);
    }

    /// The token of this id, to change it.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut TokenRecord> {
        let shelf = self.shelves.get_mut(self.ids.get(id)?)?;
        shelf.iter_mut().map(|token| &mut token.record).find(|record| record.id == id)
    }

    /// Every one, the oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<TokenRecord> {
        let mut all: Vec<_> =
            self.shelves.values().flatten().map(|token| token.record.clone()).collect();
        let age =
            |token: &TokenRecord| -> (Timestamp, String) { (token.created_at, token.id.clone()) };
        all.sort_by_cached_key(age);
        all
    }
}

impl FromIterator<KeptToken> for Tokens {
    fn from_iter<I: IntoIterator<Item = KeptToken>>(tokens: I) -> Self {
        let mut all = Self::default();
        tokens.into_iter().for_each(|token| all.insert(token));
        all
    }
}

fn shelf(secret_hash: &[u8; 32]) -> Shelf {
    let [a, b, c, d, ..] = *secret_hash;
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: &str, at: i64, secret_hash: [u8; 32]) -> KeptToken {
        let record = TokenRecord {
            id: id.to_owned(),
            row: None,
            unit: None,
            registered_only: true,
            from: Vec::new(),
            uses: 1,
            used: 0,
            created_at: Timestamp(at),
            expires_at: Timestamp(200),
            revoked_at: None,
        };
        KeptToken { secret_hash, record }
    }

    fn hash(first: u8, last: u8) -> [u8; 32] {
        let mut hash = [first; 32];
        hash[31] = last;
        hash
    }

    #[test]
    fn a_token_is_found_by_its_whole_secret_and_by_no_part_of_it() {
        let tokens: Tokens =
            [token("b", 2, hash(1, 1)), token("a", 2, hash(1, 2)), token("c", 1, hash(2, 1))]
                .into_iter()
                .collect();
        let found = |hash| tokens.with_secret(&hash).map(|token| token.id.as_str());
        assert_eq!(found(hash(1, 1)), Some("b"));
        assert_eq!(found(hash(1, 2)), Some("a"), "beside another on its shelf");
        assert_eq!(found(hash(2, 1)), Some("c"));
        for strange in [hash(1, 3), hash(2, 2), hash(3, 1)] {
            assert_eq!(found(strange), None);
        }
        let order: Vec<_> = tokens.all().into_iter().map(|token| token.id).collect();
        assert_eq!(order, ["c", "a", "b"]);
    }

    #[test]
    fn a_token_is_changed_where_it_lies_and_no_other_is() {
        let mut tokens: Tokens =
            [token("a", 1, hash(1, 1)), token("b", 1, hash(1, 2))].into_iter().collect();
        tokens.get_mut("b").unwrap().used = 1;
        assert!(tokens.get_mut("c").is_none());
        let used: Vec<_> = tokens.all().into_iter().map(|token| token.used).collect();
        assert_eq!(used, [0, 1]);
        assert_eq!(tokens.with_secret(&hash(1, 2)).unwrap().used, 1);
    }
}
