//! `GET /tables`: the columns a search answers with.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use crate::protocol::vo::Vo;
use crate::protocol::vo::dali::{Fault, Parameters};
use crate::protocol::vo::obscore::COLUMNS;
use crate::protocol::vo::votable::Field;
use crate::protocol::vo::xml::XmlWriter;

const NAMESPACES: [(&str, &str); 3] = [
    ("xmlns:vosi", "http://www.ivoa.net/xml/VOSITables/v1.0"),
    ("xmlns:vs", "http://www.ivoa.net/xml/VODataService/v1.1"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];
/// The one table.
const TABLE: &str = "ivoa.obscore";

pub(super) async fn tables(request: HttpRequest, vo: Data<Vo>) -> HttpResponse {
    let detail = match is_detailed(&request) {
        Ok(detail) => detail,
        Err(fault) => return fault.soda_response(),
    };
    let mut xml = XmlWriter::new();
    xml.open("vosi:tableset", &NAMESPACES);
    xml.open("schema", &[]);
    xml.leaf("name", &[], "ivoa");
    xml.leaf("description", &[], "Tables of the data models of the IVOA");
    xml.open("table", &[("type", "output")]);
    write_table(&mut xml, detail);
    super::xml(&vo, xml.finish())
}

pub(super) async fn table(request: HttpRequest, name: Path<String>, vo: Data<Vo>) -> HttpResponse {
    if *name != TABLE {
        return Fault::not_found("there is no such table").soda_response();
    }
    let detail = match is_detailed(&request) {
        Ok(detail) => detail,
        Err(fault) => return fault.soda_response(),
    };
    let mut xml = XmlWriter::new();
    xml.open("vosi:table", &[&NAMESPACES[..], &[("type", "output")]].concat());
    write_table(&mut xml, detail);
    super::xml(&vo, xml.finish())
}

/// Whether columns are wanted: `detail=min` leaves them out (VOSI 1.1 §2.4).
fn is_detailed(request: &HttpRequest) -> Result<bool, Fault> {
    let parameters = Parameters::of_query(request.query_string())?;
    Ok(parameters.single("detail")? != Some("min"))
}

fn write_table(xml: &mut XmlWriter, is_detailed: bool) {
    xml.leaf("name", &[], TABLE);
    xml.leaf("description", &[], "The images, as ObsCore describes observations");
    xml.leaf("utype", &[], "ivo://ivoa.net/std/ObsCore#core-1.1");
    xml.line();
    if is_detailed {
        for field in &COLUMNS {
            write_column(xml, field);
        }
    }
}

fn write_column(xml: &mut XmlWriter, field: &Field) {
    xml.open("column", &[("std", "true")]);
    for (name, value) in [
        ("name", field.name),
        ("description", field.description),
        ("unit", field.unit),
        ("ucd", field.ucd),
        ("utype", field.utype),
    ] {
        if !value.is_empty() {
            xml.leaf(name, &[], value);
        }
    }
    let (datatype, arraysize) = field.datatype.attributes();
    let mut attributes = vec![("xsi:type", "vs:VOTableType")];
    attributes.extend(arraysize.as_deref().map(|size| ("arraysize", size)));
    if !field.xtype.is_empty() {
        attributes.push(("extendedType", field.xtype));
    }
    xml.leaf("dataType", &attributes, datatype);
    xml.close();
    xml.line();
}
