//! Where axum has mounted an app: what it took off the front of the path.

use axum::extract::OriginalUri;
use http::uri::PathAndQuery;
use http::{Extensions, Uri};
use owin_core::path::decode;
use owin_core::{Environment, Error};
use owin_http::PathBase;

/// Stands beside an [`OriginalUri`] in which the path base of the pipeline outside is already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FromTheRoot;

/// A path in two parts, as they were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    base: String,
    rest: String,
}

impl Place {
    /// The place of an app that was called with that URI; `None` where it is the root, or where the
    /// path was rewritten on its way, so that nobody can say.
    pub(crate) fn of(extensions: &Extensions, uri: &Uri) -> Option<Self> {
        let OriginalUri(original) = extensions.get()?;
        let (whole, rest) = (original.path(), uri.path());
        let (base, rest) = match whole.strip_suffix(rest) {
            Some(base) => (base, rest),
            // axum puts a slash where nothing is left.
            None if rest == "/" => (whole, ""),
            None => return None,
        };
        (!base.is_empty()).then(|| Self { base: base.to_owned(), rest: rest.to_owned() })
    }

    /// The URI as it was before, with what is the query now.
    pub(crate) fn whole(&self, uri: &Uri) -> Option<Uri> {
        let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
        let target = format!("{}{}{query}", self.base, self.rest);
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
        Uri::from_parts(parts).ok()
    }

    /// Sets path base and path.
    ///
    /// # Errors
    ///
    /// 400 where a part is no path by itself.
    pub(crate) fn put(&self, env: &mut Environment) -> Result<(), Error> {
        let rest = if self.rest.is_empty() { String::new() } else { decode(&self.rest)? };
        env.request_mut().set_path_base(&decode(&self.base)?);
        env.request_mut().set_path(&rest);
        Ok(())
    }

    /// Sets the path base of a request that is on its way back into a pipeline of ours.
    ///
    /// # Errors
    ///
    /// 400 where it is no path by itself.
    pub(crate) fn put_beside(&self, extensions: &mut Extensions) -> Result<(), Error> {
        let base = decode(&self.base)?;
        let outside = match extensions.get::<FromTheRoot>() {
            Some(FromTheRoot) => None,
            None => extensions.get::<PathBase>(),
        };
        let base = match outside {
            Some(PathBase(outside)) => format!("{outside}{base}"),
            None => base,
        };
        let _before = extensions.insert(PathBase(base));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(original: &str, now: &str) -> Option<(String, String)> {
        let mut extensions = Extensions::new();
        extensions.insert(OriginalUri(original.parse().unwrap()));
        let place = Place::of(&extensions, &now.parse().unwrap())?;
        Some((place.base, place.rest))
    }

    #[test]
    fn what_axum_took_off_the_front_is_the_base() {
        let parts = |base: &str, rest: &str| Some((base.to_owned(), rest.to_owned()));
        assert_eq!(place("/shop/a%2Fb?q", "/a%2Fb?q"), parts("/shop", "/a%2Fb"));
        assert_eq!(place("/shop/", "/"), parts("/shop", "/"));
        assert_eq!(place("/shop", "/"), parts("/shop", ""));
        assert_eq!(place("/a", "/a"), None);
        assert_eq!(place("/old", "/new"), None);
    }

    #[test]
    fn the_whole_is_the_first_path_with_the_query_of_now() {
        let mut extensions = Extensions::new();
        extensions.insert(OriginalUri("http://h/shop/a?first".parse().unwrap()));
        let now: Uri = "http://h/a?second".parse().unwrap();
        let place = Place::of(&extensions, &now).unwrap();
        assert_eq!(place.whole(&now).unwrap(), "http://h/shop/a?second");
    }
}
