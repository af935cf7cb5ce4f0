//! A registry as `reg export` writes it.

use std::collections::BTreeMap;

use super::{Value, folded};

/// Every key under its [`place`].
pub(super) type Tree = BTreeMap<String, Key>;

/// One key. Names are kept as they are written, and found without regard to their case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Key {
    /// The names of the keys directly below.
    pub(super) below: BTreeMap<String, String>,
    /// Its values with their names.
    pub(super) values: BTreeMap<String, (String, Value)>,
}

const HEADER: &str = "Windows Registry Editor Version 5.00";

const HIVES: [(&str, &str); 5] = [
    ("hkey_local_machine", "hklm"),
    ("hkey_users", "hku"),
    ("hkey_current_user", "hkcu"),
    ("hkey_classes_root", "hkcr"),
    ("hkey_current_config", "hkcc"),
];

/// No key of Windows lies deeper.
const MAX_DEPTH: usize = 512;

/// Where a key is kept: without case, with the short name of its hive, as `hklm\software\x`.
pub(super) fn place(key: &str) -> String {
    let key = folded(key.trim_matches('\\'));
    let (hive, rest) = key.split_once('\\').unwrap_or((&key, ""));
    let hive = HIVES.iter().find(|(long, _)| *long == hive).map_or(hive, |(_, short)| short);
    match rest {
        "" => hive.to_owned(),
        rest => format!(r"{hive}\{rest}"),
    }
}

/// The keys of an exported registry, or what is wrong with it: of a damaged one nothing is believed.
pub(super) fn parse(bytes: &[u8]) -> Result<Tree, String> {
    let text = decode(bytes)?;
    let (header, body) = text.split_once('\n').unwrap_or((&text, ""));
    if header.trim_end() != HEADER {
        return Err(format!("does not begin with {HEADER:?}"));
    }
    let mut reader = Reader { text: body, tree: Tree::new(), key: None };
    while !reader.text.is_empty() {
        let ahead = reader.text.len();
        reader.step().map_err(|what| {
            let line = 2 + body[..body.len() - ahead].matches('\n').count();
            format!("line {line}: {what}")
        })?;
    }
    Ok(reader.tree)
}

/// UTF-16 with its mark, as `reg export` writes it, or UTF-8.
fn decode(bytes: &[u8]) -> Result<String, String> {
    match bytes {
        [0xff, 0xfe, wide @ ..] if wide.len() % 2 == 0 => Ok(utf16(wide)),
        [0xff, 0xfe, ..] => Err("ends in half a character".to_owned()),
        [0xef, 0xbb, 0xbf, text @ ..] | text => String::from_utf8(text.to_vec())
            .map_err(|_| "neither UTF-16 with its mark nor UTF-8".to_owned()),
    }
}

/// Text of pairs of bytes; Windows allows halves of surrogates in it, which are replaced.
fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

struct Reader<'a> {
    /// What is still ahead.
    text: &'a str,
    tree: Tree,
    /// The key that values belong to.
    key: Option<String>,
}

impl<'a> Reader<'a> {
    /// Reads one key, value, comment or empty line.
    fn step(&mut self) -> Result<(), String> {
        match self.text.trim_start_matches(BLANK).chars().next() {
            None => self.text = "",
            Some('\n' | ';') => drop(self.line()),
            Some('[') => {
                let line = self.line();
                self.begin_key(line)?;
            }
            Some('"' | '@') => {
                self.text = self.text.trim_start_matches(BLANK);
                self.value()?;
            }
            Some(_) => return Err("neither a key nor a value".to_owned()),
        }
        Ok(())
    }

    /// The rest of the line, without blanks around it.
    fn line(&mut self) -> &'a str {
        let (line, rest) = self.text.split_once('\n').unwrap_or((self.text, ""));
        self.text = rest;
        line.trim_matches(BLANK)
    }

    fn begin_key(&mut self, line: &str) -> Result<(), String> {
        let name = line.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        let name = name.filter(|name| !name.is_empty()).ok_or("a key without its end")?;
        match name.strip_prefix('-') {
            Some(deleted) => {
                self.key = None;
                delete(&mut self.tree, &place(deleted));
                Ok(())
            }
            None => {
                self.key = Some(insert(&mut self.tree, name)?);
                Ok(())
            }
        }
    }

    fn value(&mut self) -> Result<(), String> {
        let name = match self.text.strip_prefix('@') {
            Some(rest) => {
                self.text = rest;
                String::new()
            }
            None => self.quoted()?,
        };
        self.text = self.text.trim_start_matches(BLANK);
        self.text = self.text.strip_prefix('=').ok_or("a name without a value")?;
        let data = self.data()?;
        let key = self.key.as_ref().and_then(|key| self.tree.get_mut(key));
        let key = key.ok_or("a value of no key")?;
        match data {
            Some(value) => drop(key.values.insert(folded(&name), (name, value))),
            None => drop(key.values.remove(&folded(&name))),
        }
        Ok(())
    }

    /// What follows the equals sign; nothing where the value is deleted.
    fn data(&mut self) -> Result<Option<Value>, String> {
        self.text = self.text.trim_start_matches(BLANK);
        if self.text.starts_with('"') {
            let text = self.quoted()?;
            return match self.line() {
                "" => Ok(Some(Value::Text(text))),
                _ => Err("something behind a text".to_owned()),
            };
        }
        if self.text.starts_with("hex") {
            return self.binary().map(Some);
        }
        match self.line() {
            "-" => Ok(None),
            line => dword(line).map(Some).ok_or_else(|| "a value of no known kind".to_owned()),
        }
    }

    /// A text in quotation marks, which may go on over lines.
    fn quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut letters = self.text.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.text = &self.text[at + 1..];
                    return Ok(text);
                }
                '\\' => text.extend(letters.next().map(|(_, escaped)| escaped)),
                '\r' => {}
                letter => text.push(letter),
            }
        }
        Err("a text without its end".to_owned())
    }

    /// `hex:01,02` and `hex(7):…`, continued where a line ends in a backslash.
    fn binary(&mut self) -> Result<Value, String> {
        let mut written = String::new();
        loop {
            let line = self.line();
            match line.strip_suffix('\\') {
                Some(part) => written.push_str(part.trim_matches(BLANK)),
                None => {
                    written.push_str(line);
                    break;
                }
            }
            if self.text.is_empty() {
                return Err("a value that ends before its last line".to_owned());
            }
        }
        let (kind, data) = written.split_once(':').ok_or("a value without a colon")?;
        let kind = kind_of(kind).ok_or("a value of no known kind")?;
        let bytes = hex_list(data).ok_or("a byte that is none")?;
        Ok(typed(kind, bytes))
    }
}

const BLANK: &[char] = &[' ', '\t', '\r'];

fn dword(line: &str) -> Option<Value> {
    let digits = line.strip_prefix("dword:")?;
    let plain = digits.len() <= 8 && digits.bytes().all(|it| it.is_ascii_hexdigit());
    let number = u64::from_str_radix(digits, 16).ok()?;
    plain.then_some(Value::Number(number))
}

/// The number of a kind of value: `hex` is `REG_BINARY`, `hex(b)` says it.
fn kind_of(written: &str) -> Option<u32> {
    match written.strip_prefix("hex")? {
        "" => Some(REG_BINARY),
        number => {
            let digits = number.strip_prefix('(')?.strip_suffix(')')?;
            u32::from_str_radix(digits, 16).ok()
        }
    }
}

fn hex_list(data: &str) -> Option<Vec<u8>> {
    match data.trim_matches(BLANK) {
        "" => Some(Vec::new()),
        data => data.split(',').map(hex_byte).collect(),
    }
}

fn hex_byte(digits: &str) -> Option<u8> {
    let digits = digits.trim_matches(BLANK);
    let plain = digits.bytes().all(|it| it.is_ascii_hexdigit());
    plain.then(|| u8::from_str_radix(digits, 16).ok())?
}

const REG_SZ: u32 = 1;
const REG_EXPAND_SZ: u32 = 2;
const REG_BINARY: u32 = 3;
const REG_DWORD: u32 = 4;
const REG_DWORD_BIG_ENDIAN: u32 = 5;
const REG_MULTI_SZ: u32 = 7;
const REG_QWORD: u32 = 11;

/// What the bytes of a value of one kind hold. Windows lets anybody write bytes that do not fit
/// their kind; they stay bytes.
pub(super) fn typed(kind: u32, bytes: Vec<u8>) -> Value {
    match (kind, &bytes[..]) {
        (REG_SZ | REG_EXPAND_SZ, data) if data.len() % 2 == 0 => Value::Text(terminated(data)),
        (REG_MULTI_SZ, data) if data.len() % 2 == 0 => Value::List(list(data)),
        (REG_DWORD, &[a, b, c, d]) => Value::Number(u32::from_le_bytes([a, b, c, d]).into()),
        (REG_DWORD_BIG_ENDIAN, &[a, b, c, d]) => {
            Value::Number(u32::from_be_bytes([a, b, c, d]).into())
        }
        (REG_QWORD, &[a, b, c, d, e, f, g, h]) => {
            Value::Number(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
        }
        _ => Value::Binary(bytes),
    }
}

/// A text up to the zero that ends it, where there is one.
fn terminated(data: &[u8]) -> String {
    let text = utf16(data);
    text.split('\0').next().unwrap_or_default().to_owned()
}

/// Texts each up to its zero; an empty one ends the list.
fn list(data: &[u8]) -> Vec<String> {
    utf16(data).split('\0').take_while(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// Adds a key and all those above it, and says where it is kept.
fn insert(tree: &mut Tree, key: &str) -> Result<String, String> {
    let names: Vec<&str> = key.split('\\').filter(|name| !name.is_empty()).collect();
    if names.len() > MAX_DEPTH {
        return Err("a key deeper than Windows allows".to_owned());
    }
    let mut above: Option<String> = None;
    for name in names {
        let path = match &above {
            None => place(name),
            Some(above) => format!(r"{above}\{}", folded(name)),
        };
        if let Some(parent) = above.and_then(|above| tree.get_mut(&above)) {
            parent.below.entry(folded(name)).or_insert_with(|| name.to_owned());
        }
        tree.entry(path.clone()).or_default();
        above = Some(path);
    }
    above.ok_or_else(|| "a key without a name".to_owned())
}

/// Removes a key and all those below it.
fn delete(tree: &mut Tree, path: &str) {
    let below = format!(r"{path}\");
    tree.retain(|key, _| key != path && !key.starts_with(&below));
    if let Some((above, name)) = path.rsplit_once('\\') {
        tree.get_mut(above).map(|parent| parent.below.remove(name));
    }
}
