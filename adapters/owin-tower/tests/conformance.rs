//! What a layer of tower's leaves as it is, a test for each check of the suite.

/// A layer that does nothing by itself: what is seen is the crossing into tower and back.
mod identity {
    owin_conformance::middleware_tests!(|| owin_tower::layer(tower::layer::util::Identity::new()));
}
