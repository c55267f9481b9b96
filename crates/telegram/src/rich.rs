//! The words of a rich message. Telegram gives our own answers back as blocks when somebody
//! answers them. There are twenty kinds of blocks and thirty of text in them; we want the words.

use serde_json::Value;

/// What holds words or further blocks, in the order in which they are read.
const READ: [&str; 9] = [
    "label",
    "text",
    "expression",
    "alternative_text",
    "summary",
    "items",
    "cells",
    "blocks",
    "caption",
];

pub(crate) fn words(message: &Value) -> String {
    let mut text = String::new();
    for block in message["blocks"].as_array().into_iter().flatten() {
        read_block(block, &mut text);
    }
    text.trim().to_owned()
}

/// Every block begins on a line of its own.
fn read_block(block: &Value, into: &mut String) {
    line(into);
    read(block, into);
}

fn read(value: &Value, into: &mut String) {
    match value {
        Value::String(words) => into.push_str(words),
        Value::Array(parts) => parts.iter().for_each(|part| read(part, into)),
        Value::Object(fields) => {
            for (name, value) in READ.iter().filter_map(|name| fields.get_key_value(*name)) {
                match (name.as_str(), value) {
                    ("items" | "blocks", Value::Array(inner)) => {
                        inner.iter().for_each(|block| read_block(block, into));
                    }
                    ("cells", Value::Array(rows)) => {
                        rows.iter().for_each(|row| read_row(row, into));
                    }
                    ("label", label) => {
                        read(label, into);
                        into.push(' ');
                    }
                    _ => read(value, into),
                }
            }
        }
        _ => {}
    }
}

fn read_row(row: &Value, into: &mut String) {
    line(into);
    for (column, cell) in row.as_array().into_iter().flatten().enumerate() {
        if column > 0 {
            into.push_str(" | ");
        }
        read(cell, into);
    }
}

fn line(into: &mut String) {
    // After the label of its list's item a block goes on.
    if !into.is_empty() && !into.ends_with(['\n', ' ']) {
        into.push('\n');
    }
}
