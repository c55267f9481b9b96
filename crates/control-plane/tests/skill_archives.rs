//! What people send as a skill: what is taken, and every trick that is not.

use std::io::{Cursor, Read, Write};

use control_plane::InvalidSkill;
use control_plane::skills::{Packed, pack, pack_document};
use domain::limits::{SKILL_UNPACKED_MAX_BYTES, SKILL_UPLOAD_MAX_BYTES};
use domain::skill::InvalidSkillPath;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

const SKILL: &str = "---\nname: pdf\ndescription: Reads PDF files.\n---\n# PDF\n";

type Writer = ZipWriter<Cursor<Vec<u8>>>;

fn zip(fill: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    fill(&mut zip);
    zip.finish().expect("finishes").into_inner()
}

fn add(zip: &mut Writer, name: &str, content: &[u8]) {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file(name, options).expect("starts");
    zip.write_all(content).expect("writes");
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    zip(|zip| files.iter().for_each(|(name, content)| add(zip, name, content)))
}

/// With `SKILL.md`, and one file whose name was changed afterwards, as no honest program would.
fn zip_with_name(name: &[u8]) -> Vec<u8> {
    let honest = "x".repeat(name.len());
    replaced(zip_of(&[("SKILL.md", SKILL.as_bytes()), (&honest, b"?")]), honest.as_bytes(), name)
}

fn replaced(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut times = 0;
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + from.len()].copy_from_slice(to);
            times += 1;
        }
    }
    assert!(times > 0, "nothing to replace");
    bytes
}

fn files_of(packed: &Packed) -> Vec<(String, u32, Vec<u8>)> {
    let mut zip = ZipArchive::new(Cursor::new(&packed.archive)).expect("our own");
    let file = |index| {
        let mut file = zip.by_index(index).expect("listed");
        let name = file.name().expect("text").into_owned();
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("reads");
        (name, file.unix_mode().expect("ours have one") & 0o777, content)
    };
    (0..packed.files as usize).map(file).collect()
}

#[test]
fn a_skill_is_packed_anew_under_the_name_it_says() {
    let archive = zip(|zip| {
        zip.add_directory("any-folder/", SimpleFileOptions::default()).expect("adds");
        let runs = SimpleFileOptions::default().unix_permissions(0o4777);
        zip.start_file("any-folder/scripts/run.sh", runs).expect("starts");
        zip.write_all(b"#!/bin/sh\n").expect("writes");
        add(zip, "any-folder/SKILL.md", SKILL.as_bytes());
        add(zip, "any-folder/.DS_Store", b"?");
        add(zip, "__MACOSX/any-folder/._SKILL.md", b"?");
    });
    let packed = pack(&archive).expect("a skill");
    assert_eq!((packed.name.as_str(), packed.description.as_str()), ("pdf", "Reads PDF files."));
    assert_eq!((packed.files, packed.bytes), (2, SKILL.len() as u64 + 10));
    let expected = [
        ("SKILL.md".to_owned(), 0o644, SKILL.as_bytes().to_vec()),
        ("scripts/run.sh".to_owned(), 0o755, b"#!/bin/sh\n".to_vec()),
    ];
    assert_eq!(files_of(&packed), expected);
    // Ours is one as well, and the same again.
    assert_eq!(pack(&packed.archive).expect("a skill").sha256, packed.sha256);
    let alone = pack_document(SKILL.as_bytes()).expect("a skill");
    assert_eq!(files_of(&alone), expected[..1]);
    assert_eq!(alone, pack(&zip_of(&[("SKILL.md", SKILL.as_bytes())])).expect("a skill"));
}

#[test]
fn a_skill_that_says_no_name_has_its_folders() {
    let text = b"---\ndescription: d\n---\n";
    let packed = pack(&zip_of(&[("my-skill/SKILL.md", text)])).expect("a skill");
    assert_eq!(packed.name.as_str(), "my-skill");
    assert!(matches!(pack(&zip_of(&[("SKILL.md", text)])), Err(InvalidSkill::NoName)));
    assert!(matches!(pack_document(text), Err(InvalidSkill::NoName)));
    assert!(matches!(pack(&zip_of(&[("My/SKILL.md", text)])), Err(InvalidSkill::Name(_))));
}

#[test]
fn what_is_no_skill_says_why() {
    for files in [&[("a.md", "x")][..], &[], &[("a/SKILL.md", SKILL), ("b/x", "")]] {
        let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        assert!(matches!(pack(&zip_of(&files)), Err(InvalidSkill::NoSkillFile)), "{files:?}");
    }
    let whole = zip_of(&[("SKILL.md", SKILL.as_bytes())]);
    for odd in [&b""[..], b"PK\x03\x04", SKILL.as_bytes(), &whole[..whole.len() - 30]] {
        assert!(matches!(pack(odd), Err(InvalidSkill::NotAZip(_))));
    }
    assert!(matches!(pack_document(b"# Title"), Err(InvalidSkill::FrontMatter(_))));
    assert!(matches!(pack_document(b"---\nname: \xff\n---"), Err(InvalidSkill::NotText)));
    let damaged = replaced(zip_of(&[("SKILL.md", SKILL.as_bytes())]), &whole[40..44], b"!!!!");
    assert!(pack(&damaged).is_err());
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    let names: [&[u8]; 14] = [
        b"../x",
        b"/etc/x",
        b"a/../../x",
        b"a\\b",
        b"..\\x",
        b"C:x",
        b"C:\\x",
        b"a//b",
        b"./x",
        b".ssh/x",
        b"NUL",
        b"con.md",
        b"a\0b",
        b"skill.md",
    ];
    for name in names {
        let refused = pack(&zip_with_name(name));
        let shown = String::from_utf8_lossy(name);
        assert!(matches!(refused, Err(InvalidSkill::Path(_))), "{shown:?}: {refused:?}");
    }
    let folder = replaced(zip_of(&[("xx/SKILL.md", SKILL.as_bytes())]), b"xx/", b"../");
    assert!(matches!(pack(&folder), Err(InvalidSkill::Path(_))));
    let link = zip(|zip| {
        add(zip, "SKILL.md", SKILL.as_bytes());
        zip.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).expect("adds");
    });
    assert!(matches!(pack(&link), Err(InvalidSkill::NotAFile(_))));
}

#[test]
fn a_name_and_a_byte_belong_to_one_file() {
    let twice = zip_of(&[("SKILL.md", SKILL.as_bytes()), ("ab", b"1"), ("ac", b"2")]);
    assert!(matches!(pack(&replaced(twice, b"ac", b"ab")), Err(InvalidSkill::Overlapping)));
    // As the bombs do whose files all share one kernel.
    let shared = zip(|zip| {
        add(zip, "SKILL.md", SKILL.as_bytes());
        add(zip, "a", &[0; 30_000]);
        (0..50).for_each(|n| zip.shallow_copy_file("a", &format!("b{n}")).expect("copies"));
    });
    assert!(matches!(pack(&shared), Err(InvalidSkill::Overlapping)));
}

#[test]
fn a_bomb_does_not_go_off() {
    let zeros = vec![0; 30 * 1_048_576];
    let bomb = zip_of(&[("SKILL.md", SKILL.as_bytes()), ("bomb", &zeros)]);
    assert!(bomb.len() < 40_000, "{} bytes are a bomb", bomb.len());
    assert!(matches!(pack(&bomb), Err(InvalidSkill::TooTight(_))));
    // It says that it is small.
    let says = |size: u32| size.to_le_bytes();
    let liar = replaced(bomb, &says(zeros.len() as u32), &says(10));
    assert!(pack(&liar).is_err());
    // Inside of another it is a file like any other.
    let inner = zip_of(&[("zeros", &zeros)]);
    let nested = zip_of(&[("SKILL.md", SKILL.as_bytes()), ("inner.zip", &inner)]);
    let packed = pack(&nested).expect("a skill");
    assert_eq!(packed.bytes, (SKILL.len() + inner.len()) as u64);
}

/// About 30 bytes of each are one in the archive: nothing that looks like a trap.
fn repetitive(bytes: usize) -> Vec<u8> {
    let mut seed = 1_u32;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        seed as u8
    };
    let blocks = bytes.div_ceil(16_384);
    let content = (0..blocks).flat_map(|_| [next(); 512].map(|_| next()).repeat(32));
    let mut content: Vec<u8> = content.collect();
    content.truncate(bytes);
    content
}

#[test]
fn a_skill_unpacks_to_20_mib_and_no_more() {
    let room = SKILL_UNPACKED_MAX_BYTES as usize - SKILL.len();
    let of = |bytes: usize| {
        let half = repetitive(bytes / 2);
        let rest = repetitive(bytes - half.len());
        zip_of(&[("SKILL.md", SKILL.as_bytes()), ("a", &half), ("b", &rest)])
    };
    let packed = pack(&of(room)).expect("just fits");
    assert_eq!(packed.bytes, SKILL_UNPACKED_MAX_BYTES);
    assert!(matches!(pack(&of(room + 1)), Err(InvalidSkill::TooLargeUnpacked)));
}

#[test]
fn a_skill_is_sent_in_4_mib_and_no_more() {
    let of = |bytes: usize| format!("{SKILL}{}", "x".repeat(bytes - SKILL.len())).into_bytes();
    let largest = pack_document(&of(SKILL_UPLOAD_MAX_BYTES)).expect("just fits");
    assert_eq!(largest.bytes, SKILL_UPLOAD_MAX_BYTES as u64);
    let refused = pack_document(&of(SKILL_UPLOAD_MAX_BYTES + 1));
    assert!(matches!(refused, Err(InvalidSkill::TooLarge(_))));
    assert!(matches!(pack(&vec![0; SKILL_UPLOAD_MAX_BYTES + 1]), Err(InvalidSkill::TooLarge(_))));
}

#[test]
fn a_skill_has_500_files_and_not_501() {
    let of = |more: usize| {
        zip(|zip| {
            add(zip, "SKILL.md", SKILL.as_bytes());
            (0..more).for_each(|n| add(zip, &format!("f/{n}"), b""));
        })
    };
    assert_eq!(pack(&of(499)).expect("just fits").files, 500);
    let refused = pack(&of(500));
    assert!(matches!(refused, Err(InvalidSkill::Path(InvalidSkillPath::TooMany))));
}
