//! `GET /capabilities`: which standards are spoken, and where.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::protocol::vo::Vo;
use crate::protocol::vo::authentication::security_methods;
use crate::protocol::vo::descriptors::LINKS;
use crate::protocol::vo::obscore::{DATALINK, FITS};
use crate::protocol::vo::resources::Resources;
use crate::protocol::vo::sia::STANDARD_QUERY;
use crate::protocol::vo::soda::descriptor::{ASYNC_STANDARD, SYNC_STANDARD};
use crate::protocol::vo::xml::XmlWriter;

/// The root and the vocabularies its descendants take their types from.
const NAMESPACES: [(&str, &str); 4] = [
    ("xmlns:vosi", "http://www.ivoa.net/xml/VOSICapabilities/v1.0"),
    ("xmlns:vr", "http://www.ivoa.net/xml/VOResource/v1.0"),
    ("xmlns:vs", "http://www.ivoa.net/xml/VODataService/v1.1"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];

/// How an interface is called.
enum Interface {
    /// A document by `GET`, of this version of its standard.
    Document(&'static str),
    /// A page for people.
    Page,
    /// A service with parameters, of this version, and what it answers with.
    Service(&'static str, Option<&'static str>),
}

/// The document of VOSI 1.1 §2.
pub async fn capabilities(request: HttpRequest, vo: Data<Vo>) -> HttpResponse {
    let resources = Resources::of(&vo.public_url, &request);
    let security = security_methods(&request);
    let mut xml = XmlWriter::new();
    xml.open("vosi:capabilities", &NAMESPACES);
    xml.line();
    for (standard, name, interface) in [
        ("ivo://ivoa.net/std/VOSI#capabilities", "capabilities", Interface::Document("1.0")),
        ("ivo://ivoa.net/std/VOSI#availability", "availability", Interface::Document("1.0")),
        ("ivo://ivoa.net/std/VOSI#tables-1.1", "tables", Interface::Document("1.1")),
        ("ivo://ivoa.net/std/DALI#examples", "examples", Interface::Page),
        (SYNC_STANDARD, "sync", Interface::Service("1.0", Some(FITS))),
        (ASYNC_STANDARD, "async", Interface::Service("1.0", None)),
        (STANDARD_QUERY, "query", Interface::Service("2.0", None)),
        (LINKS, "links", Interface::Service("1.1", Some(DATALINK))),
    ] {
        xml.open("capability", &[("standardID", standard)]);
        // The capabilities themselves are open to everybody.
        let security = if name == "capabilities" { &[] } else { security.as_slice() };
        write_interface(&mut xml, &resources.service(name), &interface, security, standard == LINKS);
        xml.close();
        xml.line();
    }
    super::xml(&vo, xml.finish())
}

fn write_interface(xml: &mut XmlWriter, url: &str, interface: &Interface, security: &[&str], has_id: bool) {
    let (kind, is_base) = match interface {
        Interface::Document(version) => (vec![("xsi:type", "vs:ParamHTTP"), ("version", *version)], false),
        Interface::Page => (vec![("xsi:type", "vr:WebBrowser")], false),
        Interface::Service(version, _) => {
            (vec![("xsi:type", "vs:ParamHTTP"), ("role", "std"), ("version", *version)], true)
        }
    };
    xml.open("interface", &kind);
    xml.leaf("accessURL", &[("use", if is_base { "base" } else { "full" })], url);
    for method in security {
        xml.empty("securityMethod", &[("standardID", method)]);
    }
    if let Interface::Service(_, result) = interface {
        // A job is begun by POST alone.
        if result.is_some() || url.ends_with("/query") {
            xml.leaf("queryType", &[], "GET");
        }
        xml.leaf("queryType", &[], "POST");
        if let Some(result) = result {
            xml.leaf("resultType", &[], result);
        }
    }
    if has_id {
        xml.open("param", &[("std", "true"), ("use", "required")]);
        xml.leaf("name", &[], "ID");
        xml.leaf("description", &[], "Identifier of a dataset");
        xml.leaf("ucd", &[], "meta.id;meta.main");
        xml.leaf("dataType", &[], "string");
        xml.close();
    }
    xml.close();
}
