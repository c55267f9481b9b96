//! Files that come with a message: what they may be called, and where they lie.
//!
//! A name goes from a stranger's disk into an object's key, a path in the agent's workspace and a
//! line that the agent reads. It is made harmless once, on the way in.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::FILE_NAME_MAX_BYTES;
use crate::text::byte_prefix;
use crate::{Attachment, MessageId, UploadId, UserId};

/// A name that is one file in one folder, wherever it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file's name has no visible character; give it another")]
pub struct InvalidFileName;

/// Nobody's system takes a file by these names, whatever follows the first dot.
const RESERVED: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];
/// With a digit behind them.
const RESERVED_PORTS: [&str; 2] = ["COM", "LPT"];

impl FileName {
    /// As near to what the person called it as can be had: what would lead elsewhere or hide
    /// something is replaced or left out. The same name again gives the same.
    pub fn near(given: &str) -> Result<Self, InvalidFileName> {
        let visible: String = given.chars().filter(|c| !is_invisible(*c)).map(harmless).collect();
        let visible = visible.trim();
        let hidden = visible.len() - visible.trim_start_matches('.').len();
        let name = format!("{}{}", "_".repeat(hidden), &visible[hidden..]);
        let name = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
        if name.is_empty() {
            return Err(InvalidFileName);
        }
        let name = if is_reserved(name) { format!("_{name}") } else { name.to_owned() };
        Ok(Self(shortened(&name)))
    }

    /// Of a name that went through [`FileName::near`] before.
    pub fn parse(text: &str) -> Option<Self> {
        Self::near(text).ok().filter(|name| name.0 == text)
    }

    /// The `n`th of the files that have this name: `a (2).pdf`.
    pub fn numbered(&self, n: usize) -> String {
        let (stem, extension) = self.parts();
        match n {
            0 | 1 => self.0.clone(),
            n => format!("{stem} ({n}){extension}"),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parts(&self) -> (&str, &str) {
        split_extension(&self.0)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `/` and `\` separate folders, `:` drives and streams.
fn harmless(c: char) -> char {
    match c {
        '/' | '\\' | ':' => '_',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// What a reader does not see, or sees in another place than it stands: controls, marks that
/// change the direction of writing, characters without width, and tags. Spaces of any kind
/// stay, and the joiner that emoji are made with.
fn is_invisible(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' => true,
        '\u{200b}' | '\u{200e}' | '\u{200f}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => true,
        c => c.is_control(),
    }
}

pub(crate) fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let is = |reserved: &&str| stem.eq_ignore_ascii_case(reserved);
    let mut port = stem.chars();
    let ends_in_digit = port.next_back().is_some_and(|c| "0123456789¹²³".contains(c));
    let of_port = |kind: &&str| port.as_str().eq_ignore_ascii_case(kind);
    RESERVED.iter().any(is) || (ends_in_digit && RESERVED_PORTS.iter().any(of_port))
}

/// Cut before the extension, which says what the file is.
fn shortened(name: &str) -> String {
    if name.len() <= FILE_NAME_MAX_BYTES {
        return name.to_owned();
    }
    let (stem, extension) = split_extension(name);
    let kept = byte_prefix(stem, FILE_NAME_MAX_BYTES - extension.len());
    let kept = kept.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    format!("{kept}{extension}")
}

/// An extension that is too long to be one belongs to the name.
fn split_extension(name: &str) -> (&str, &str) {
    const EXTENSION_MAX_BYTES: usize = 16;
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= EXTENSION_MAX_BYTES => name.split_at(at),
        _ => (name, ""),
    }
}

/// Where one upload lies: `uploads/<userId>/<uploadId>/<name>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UploadKey {
    pub user: UserId,
    pub id: UploadId,
    pub name: FileName,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an attachment is not one of your uploads; attach the file again")]
pub struct InvalidUploadKey;

const UPLOADS: &str = "uploads";

impl UploadKey {
    /// Only a key that we have made reads back: no other folder, no way out of this one.
    pub fn parse(text: &str) -> Result<Self, InvalidUploadKey> {
        let mut parts = text.split('/');
        let mut next = || parts.next().ok_or(InvalidUploadKey);
        let (folder, user, id, name) = (next()?, next()?, next()?, next()?);
        if folder != UPLOADS || parts.next().is_some() {
            return Err(InvalidUploadKey);
        }
        Ok(Self {
            user: UserId::new(user).map_err(|_| InvalidUploadKey)?,
            id: UploadId::new(id).map_err(|_| InvalidUploadKey)?,
            name: FileName::parse(name).ok_or(InvalidUploadKey)?,
        })
    }

    /// As [`UploadKey::parse`], of a key that `user` sent: somebody else's is none.
    pub fn of(user: &UserId, text: &str) -> Result<Self, InvalidUploadKey> {
        Self::parse(text)?.owned_by(user)
    }

    pub fn owned_by(self, user: &UserId) -> Result<Self, InvalidUploadKey> {
        if self.user == *user { Ok(self) } else { Err(InvalidUploadKey) }
    }
}

impl fmt::Display for UploadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, id, name } = self;
        write!(f, "{UPLOADS}/{user}/{id}/{name}")
    }
}

impl TryFrom<String> for UploadKey {
    type Error = InvalidUploadKey;
    fn try_from(text: String) -> Result<Self, InvalidUploadKey> {
        Self::parse(&text)
    }
}

impl From<UploadKey> for String {
    fn from(key: UploadKey) -> String {
        key.to_string()
    }
}

/// The folder in the workspace that has a message's files. A message may be called `..`, and
/// two messages never share a folder.
pub fn folder_of(message: &MessageId) -> String {
    match message.as_str() {
        id if id.starts_with(['.', '_']) => format!("_{id}"),
        id => id.to_owned(),
    }
}

/// For each of a message's files a name of its own, in the same order.
pub fn distinct_names(attachments: &[Attachment]) -> Vec<String> {
    let mut taken = std::collections::BTreeSet::new();
    let mut name_of = |name: &FileName| {
        let mut names = (1..).map(|n| name.numbered(n));
        // On a disk that does not tell cases apart they are still two files.
        names.find(|name| taken.insert(name.to_lowercase())).expect("there are enough numbers")
    };
    attachments.iter().map(|file| name_of(file.name())).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(given: &str) -> String {
        FileName::near(given).map(|name| name.0).unwrap_or_else(|_| "(refused)".into())
    }

    #[test]
    fn a_name_stays_readable_and_leads_nowhere() {
        let table = [
            ("report.pdf", "report.pdf"),
            ("Jahresübersicht 2026 – 최종.xlsx", "Jahresübersicht 2026 – 최종.xlsx"),
            ("👩‍👩‍👧 family.png", "👩‍👩‍👧 family.png"),
            ("  spaced\tout\nname .txt ", "spaced out name .txt"),
            ("a/b\\c:d", "a_b_c_d"),
            ("../../etc/passwd", "___.._etc_passwd"),
            ("..", "__"),
            (".", "_"),
            ("/", "_"),
            (".bashrc", "_bashrc"),
            ("..hidden", "__hidden"),
            ("name...", "name"),
            ("name. . .", "name"),
            ("", "(refused)"),
            (" \u{200b}\u{feff} ", "(refused)"),
            ("nul\0byte", "nulbyte"),
            ("\u{1b}[31mred\u{7}", "[31mred"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("tag\u{e0041}\u{e0042}ged", "tagged"),
            ("line\u{2028}break", "line break"),
            ("CON", "_CON"),
            ("con.txt", "_con.txt"),
            ("Lpt9.tar.gz", "_Lpt9.tar.gz"),
            ("com¹", "_com¹"),
            ("console.log", "console.log"),
            ("-rf", "-rf"),
            ("`$(id)`;'\".sh", "`$(id)`;'\".sh"),
        ];
        for (given, expected) in table {
            assert_eq!(near(given), expected, "{given:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_before_its_extension() {
        let fits = format!("{}.pdf", "a".repeat(FILE_NAME_MAX_BYTES - 4));
        assert_eq!(near(&fits), fits);
        let cut = near(&format!("a{fits}"));
        assert_eq!(cut, fits);
        let emoji = near(&format!("{}.pdf", "😀".repeat(100)));
        assert!(emoji.len() <= FILE_NAME_MAX_BYTES && emoji.ends_with("😀.pdf"), "{emoji}");
        let (name, last) = (FileName(fits), crate::limits::ATTACHMENTS_MAX);
        assert!(name.numbered(last).len() <= 255);
    }

    fn key(text: &str) -> Result<UploadKey, InvalidUploadKey> {
        UploadKey::of(&UserId::new("ana").expect("valid"), text)
    }

    #[test]
    fn only_ones_own_uploads_can_be_named() {
        let good = "uploads/ana/0f-1/my file (1).pdf";
        assert_eq!(key(good).map(String::from).as_deref(), Ok(good));
        for bad in [
            "uploads/bob/0f-1/a.pdf",
            "uploads/ana/../bob/a.pdf",
            "uploads/ana/0f-1/../a.pdf",
            "uploads/ana/../a.pdf",
            "uploads/ana/0f-1/..",
            "uploads/ana/0f-1/",
            "uploads/ana/0f-1",
            "uploads/ana/0f-1/sub/a.pdf",
            "/uploads/ana/0f-1/a.pdf",
            "uploads//0f-1/a.pdf",
            "snapshots/ana/0f-1/a.pdf",
            "texts/ana/0f-1/a.pdf",
            "Uploads/ana/0f-1/a.pdf",
            "uploads/ana/0f-1/.env",
            "uploads/ana/0f-1/a\\b",
            "uploads/ana/0f-1/a\u{202e}b",
            "uploads/ana%2f..%2fbob/0f-1/a.pdf/",
            "s3://bucket/uploads/ana/0f-1/a.pdf",
            "",
        ] {
            assert_eq!(key(bad), Err(InvalidUploadKey), "{bad}");
        }
        assert!(serde_json::from_str::<UploadKey>("\"uploads/ana/../x\"").is_err());
    }

    #[test]
    fn files_of_one_message_have_names_of_their_own() {
        let names = ["a.pdf", "A.pdf", "a (2).pdf", "a.pdf", "b"];
        let keys: Vec<Attachment> = names
            .iter()
            .map(|name| key(&format!("uploads/ana/1/{name}")).expect("well formed").into())
            .collect();
        let expected = ["a.pdf", "A (2).pdf", "a (2) (2).pdf", "a (3).pdf", "b"];
        assert_eq!(distinct_names(&keys), expected);
    }

    #[test]
    fn no_message_has_anothers_folder_or_none() {
        let folders =
            ["..", "_..", ".", "a", "_a"].map(|id| folder_of(&MessageId::new(id).expect("valid")));
        assert_eq!(folders, ["_..", "__..", "_.", "a", "__a"]);
    }

    proptest! {
        #[test]
        fn whatever_it_is_called_it_is_one_file_in_one_folder(given in "\\PC*|[./\\\\ :a\u{0}-\u{1f}]*") {
            let Ok(name) = FileName::near(&given) else { return Ok(()) };
            let text = name.as_str();
            let path = std::path::Path::new("folder").join(text);
            prop_assert_eq!(path.components().count(), 2, "{}", text);
            prop_assert_eq!(path.parent(), Some(std::path::Path::new("folder")));
            prop_assert!(!text.starts_with('.') && !text.contains(['/', '\\', ':']), "{}", text);
            prop_assert!(!text.chars().any(is_invisible) && !text.is_empty(), "{}", text);
            prop_assert!(text.len() <= FILE_NAME_MAX_BYTES);
            prop_assert_eq!(FileName::parse(text), Some(name.clone()), "stays as it is");
        }

        #[test]
        fn a_key_reads_back(given: String, user in "[a-z.:]{1,9}") {
            let Ok(name) = FileName::near(&given) else { return Ok(()) };
            let (user, id) = (UserId::new(user).expect("valid"), UploadId::new("1").expect("valid"));
            let key = UploadKey { user: user.clone(), id, name };
            prop_assert_eq!(UploadKey::of(&user, &key.to_string()), Ok(key));
        }
    }
}
