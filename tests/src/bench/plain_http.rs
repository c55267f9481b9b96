//! As much of HTTP/1.1 as two programs on one machine need: a debug build of a real library
//! takes longer for a message than what is measured.

use std::io::{self, BufRead};

/// A request or an answer: what follows its first line.
pub(crate) struct Message {
    /// `name: value`, the name in lower case as all our peers write it.
    head: String,
    pub(crate) body: String,
}

impl Message {
    /// `None`: the other side has closed the connection.
    pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut message = Message { head: String::new(), body: String::new() };
        while !message.head.ends_with("\r\n\r\n") {
            if from.read_line(&mut message.head)? == 0 {
                return Ok(None);
            }
        }
        let length = message.header("content-length").and_then(|value| value.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        from.read_exact(&mut body)?;
        message.body = String::from_utf8_lossy(&body).into_owned();
        Ok(Some(message))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}
