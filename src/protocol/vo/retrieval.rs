//! Whole files by the name of their image: `Range`, `ETag`, `Last-Modified`, `HEAD`.

use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::dali::Fault;
use super::fits_answer::Delivery;
use super::obscore::FITS;
use super::{Vo, preview};

/// Mounts files and pictures of them.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(
            web::resource("/data/{path:.*}")
                .route(web::get().to(data))
                .route(web::head().to(data))
                .default_service(web::to(wrong_method)),
        )
        .service(
            web::resource("/preview/{path:.*}")
                .route(web::get().to(preview::preview))
                .route(web::head().to(preview::preview))
                .default_service(web::to(wrong_method)),
        );
}

async fn wrong_method() -> HttpResponse {
    Fault::wrong_method("GET, HEAD").soda_response()
}

/// `GET /data/{archive}/{dataset}/{science id}`: the file as it lies in the archive.
async fn data(request: HttpRequest, path: Path<String>, vo: Data<Vo>) -> HttpResponse {
    file(&request, &path, &vo).await.unwrap_or_else(|fault| fault.soda_response())
}

async fn file(request: &HttpRequest, path: &str, vo: &Vo) -> Result<HttpResponse, Fault> {
    let not_found = || Fault::not_found("there is no such image");
    let (holding, id) = vo.images.archives.named_by_path(path).ok_or_else(not_found)?;
    let image = vo.images.archives.by_science_id(&holding, id).await?.ok_or_else(not_found)?;
    let file = vo.images.renderer.open(image.frame.path.clone()).await?;
    let delivery = Delivery::new(request, format!("{}-{id}.fits", holding.dataset), FITS);
    Ok(delivery.whole_file(file))
}
