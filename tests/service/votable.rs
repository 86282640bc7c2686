//! `VOTables` as clients read them.

use quick_xml::Reader;
use quick_xml::events::Event;
use reqwest::Response;

/// A VOTable as far as these tests look into it.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) fields: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    /// Name, value and text of each `INFO`.
    pub(crate) infos: Vec<(String, String, String)>,
}

impl Table {
    pub(crate) async fn of(answer: Response) -> Self {
        Self::read(&answer.text().await.unwrap())
    }

    pub(crate) fn read(text: &str) -> Self {
        let mut reader = Reader::from_str(text);
        let (mut table, mut cell, mut info) = (Self::default(), None::<String>, false);
        loop {
            let event = reader.read_event().unwrap();
            let is_empty = matches!(event, Event::Empty(_));
            match event {
                Event::Eof => return table,
                Event::Start(element) | Event::Empty(element) => {
                    let attribute = |name: &str| {
                        let value = element.try_get_attribute(name).unwrap();
                        value
                            .map(|value| {
                                value
                                    .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                                    .unwrap()
                                    .into_owned()
                            })
                            .unwrap_or_default()
                    };
                    match element.name().as_ref() {
                        "FIELD" => table.fields.push(attribute("name")),
                        "TR" => table.rows.push(Vec::new()),
                        "TD" if is_empty => table.rows.last_mut().unwrap().push(String::new()),
                        "TD" => cell = Some(String::new()),
                        "INFO" => {
                            table.infos.push((attribute("name"), attribute("value"), String::new()));
                            info = !is_empty;
                        }
                        _ => {}
                    }
                }
                Event::Text(text) if cell.is_some() => cell.as_mut().unwrap().push_str(&text.xml10_content()),
                Event::Text(text) if info => {
                    table.infos.last_mut().unwrap().2.push_str(&text.xml10_content());
                }
                Event::GeneralRef(reference) if cell.is_some() || info => {
                    let name: &str = &reference;
                    let c = match name {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "apos" => '\'',
                        "quot" => '"',
                        other => panic!("&{other};"),
                    };
                    cell.as_mut().unwrap_or_else(|| &mut table.infos.last_mut().unwrap().2).push(c);
                }
                Event::End(element) if element.name().as_ref() == "TD" => {
                    table.rows.last_mut().unwrap().push(cell.take().unwrap());
                }
                Event::End(element) if element.name().as_ref() == "INFO" => info = false,
                _ => {}
            }
        }
    }

    pub(crate) fn column(&self, name: &str) -> Vec<&str> {
        let number = self.fields.iter().position(|field| field == name).unwrap();
        self.rows.iter().map(|row| row[number].as_str()).collect()
    }

    /// Values of `QUERY_STATUS`, in order.
    pub(crate) fn statuses(&self) -> Vec<&str> {
        let status = self.infos.iter().filter(|(name, ..)| name == "QUERY_STATUS");
        status.map(|(_, value, _)| value.as_str()).collect()
    }
}
