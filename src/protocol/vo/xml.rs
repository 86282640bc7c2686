//! XML documents of this dialect, written piece by piece into memory. Escaping is the library's.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A document being written; what is done can be taken away to be sent.
pub struct XmlWriter {
    writer: Writer<Vec<u8>>,
    open: Vec<Cow<'static, str>>,
}

impl fmt::Debug for XmlWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("XmlWriter").field("open", &self.open).finish_non_exhaustive()
    }
}

/// Names and values of attributes.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Default for XmlWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl XmlWriter {
    /// A document that begins with its declaration.
    pub fn new() -> Self {
        let mut document = Self { writer: Writer::new(Vec::new()), open: Vec::new() };
        document.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        document.line();
        document
    }

    /// A page for browsers.
    pub fn html() -> Self {
        let mut page = Self { writer: Writer::new(Vec::new()), open: Vec::new() };
        page.event(Event::DocType(BytesText::new("html")));
        page.line();
        page
    }

    /// Opens an element.
    pub fn open(&mut self, name: impl Into<Cow<'static, str>>, attributes: Attributes<'_>) {
        let name = name.into();
        let start = start(&name, attributes);
        self.event(Event::Start(start));
        self.open.push(name);
    }

    /// Closes the element opened last.
    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.event(Event::End(BytesEnd::new(name)));
        }
    }

    /// An element without content.
    pub fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        self.event(Event::Empty(start(name, attributes)));
    }

    /// An element that holds text only.
    pub fn leaf(&mut self, name: &str, attributes: Attributes<'_>, text: &str) {
        self.event(Event::Start(start(name, attributes)));
        self.text(text);
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// Text within the element opened last.
    pub fn text(&mut self, text: &str) {
        let text = legal(text);
        self.event(Event::Text(BytesText::new(&text)));
    }

    /// A line break, for readers of the source.
    pub fn line(&mut self) {
        self.writer.get_mut().push(b'\n');
    }

    /// Bytes written and not taken yet.
    pub fn pending(&mut self) -> usize {
        self.writer.get_mut().len()
    }

    /// Takes away what is written so far.
    pub fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(self.writer.get_mut()))
    }

    /// Closes whatever is open and gives the rest of the document.
    pub fn finish(mut self) -> Vec<u8> {
        while !self.open.is_empty() {
            self.close();
        }
        self.line();
        self.writer.into_inner()
    }

    fn event(&mut self, event: Event<'_>) {
        // Writing to memory does not fail.
        let _ = self.writer.write_event(event);
    }
}

fn start<'a>(name: &'a str, attributes: Attributes<'_>) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, &*legal(value)));
    }
    start
}

/// The text without characters that no XML 1.0 document may hold (XML 1.0 §2.2).
fn legal(text: &str) -> Cow<'_, str> {
    let is_legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..) && !matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.chars().all(is_legal) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|c| is_legal(*c)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_xml_is_escaped_and_what_it_cannot_hold_left_out() {
        let mut document = XmlWriter::new();
        document.open("a", &[("b", "<\"&\u{1}>")]);
        document.leaf("c", &[], "x & y < z\u{0}");
        document.empty("d", &[]);
        let text = String::from_utf8(document.finish()).unwrap();
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <a b=\"&lt;&quot;&amp;&gt;\"><c>x &amp; y &lt; z</c><d/></a>\n"
        );
    }

    #[test]
    fn a_document_can_be_sent_in_pieces() {
        let mut document = XmlWriter::new();
        document.open("a", &[]);
        let first = document.take();
        document.text("1");
        assert_eq!(document.pending(), 1);
        assert_eq!(document.take(), "1");
        assert_eq!(
            [&first[..], b"|", &document.finish()].concat(),
            *b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>|</a>\n"
        );
    }
}
