//! What exists, where on the sky and when. All SQL lives here and nowhere else.
