//! What follows from a row of the table: constant, slot, information.
//!
//! The names in here are those of the table, where the rows are.

/// Says where the field of a key stands: in the environment itself, or in a box that few calls need.
/// The structure that does not have it has nothing in its place.
macro_rules! placed {
    (inline inline, = $new:expr) => {
        $new
    };
    (boxed boxed, = $new:expr) => {
        $new
    };
    ($here:ident $there:ident, = $new:expr) => {
        ()
    };
    (inline inline, $slot:ty) => {
        $slot
    };
    (boxed boxed, $slot:ty) => {
        $slot
    };
    ($here:ident $there:ident, $slot:ty) => {
        ()
    };
    (inline, mut $slots:ident) => {
        $slots
    };
    (boxed, mut $slots:ident) => {
        $slots.boxed_mut()
    };
    (inline, $slots:ident) => {
        $slots
    };
    (boxed, $slots:ident) => {
        $slots.boxed()
    };
}

macro_rules! contract {
    (
        call {
            $( $(#[doc = $doc:literal])+
            $place:ident $field:ident $constant:ident: $type:ty = $name:literal,
            $scope:ident, $presence:ident, $party:ident, $source:literal; )+
        }
        elsewhere {
            $( $(#[doc = $other_doc:literal])+
            $other:ident: $other_type:ty = $other_name:literal,
            $other_scope:ident, $other_presence:ident, $other_party:ident, $other_source:literal; )+
        }
    ) => {
        $( $(#[doc = $doc])+ #[doc = concat!("\n\n`", $name, "`, ", $source, ".")]
        pub const $constant: Key<$type> = Key::new($name); )+
        $( $(#[doc = $other_doc])+ #[doc = concat!("\n\n`", $other_name, "`, ", $other_source, ".")]
        pub const $other: Key<$other_type> = Key::new($other_name); )+

        /// A key that the environment keeps as a field.
        #[expect(non_camel_case_types, reason = "a variant has the name of its constant")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Known { $( $constant, )+ }

        impl Known {
            pub(crate) const ALL: &'static [Self] = &[$( Self::$constant, )+];

            /// The bit of the key in a set of keys.
            #[expect(clippy::as_conversions, reason = "the number of a variant; all are below 64")]
            const fn bit(self) -> u64 {
                const { assert!(Self::ALL.len() <= 64, "a set of keys has 64 bits") };
                1 << (self as u32)
            }

            pub(crate) const fn info(self) -> &'static KeyInfo {
                match self { $( Self::$constant => {
                    const INFO: KeyInfo = KeyInfo {
                        name: $name, constant: stringify!($constant), doc: concat!($($doc, "\n"),+),
                        type_name: name_of::<$type>, accepts: is_a::<$type>,
                        scope: Scope::$scope, presence: Presence::$presence, set_by: Party::$party,
                        source: $source,
                    };
                    &INFO
                } )+ }
            }
        }

        pub(super) const IN_CALL: &[KeyInfo] = &[$( *Known::$constant.info(), )+];

        pub(super) const ELSEWHERE: &[KeyInfo] = &[$( KeyInfo {
            name: $other_name, constant: stringify!($other), doc: concat!($($other_doc, "\n"),+),
            type_name: name_of::<$other_type>, accepts: is_a::<$other_type>,
            scope: Scope::$other_scope, presence: Presence::$other_presence,
            set_by: Party::$other_party, source: $other_source,
        }, )+];

        /// The fields of the environment, one for each known key.
        #[expect(dead_code, reason = "what stands elsewhere has nothing in its place")]
        #[derive(Debug)]
        pub(crate) struct Slots {
            /// The keys that were handed out to be changed since the last reset.
            touched: u64,
            /// Those that few calls use; there since one did.
            boxed: Option<Box<Boxed>>,
            $( pub(crate) $field: placed!(inline $place, Slot<<$type as Stored>::Owned>), )+
        }

        /// The fields of the keys that few calls use.
        #[expect(dead_code, reason = "what stands elsewhere has nothing in its place")]
        #[derive(Debug)]
        pub(crate) struct Boxed {
            $( pub(crate) $field: placed!(boxed $place, Slot<<$type as Stored>::Owned>), )+
        }

        impl Boxed {
            const fn new() -> Self {
                Self { $( $field: placed!(boxed $place, = Slot::new()), )+ }
            }
        }

        impl Slots {
            pub(crate) const fn new() -> Self {
                let boxed = None;
                Self { touched: 0, boxed, $( $field: placed!(inline $place, = Slot::new()), )+ }
            }

            /// The fields of the keys that few calls use.
            #[inline]
            pub(crate) fn boxed(&self) -> &Boxed {
                static UNUSED: Boxed = Boxed::new();
                self.boxed.as_deref().unwrap_or(&UNUSED)
            }

            /// Whoever changes one of them notes it.
            #[inline]
            fn boxed_mut(&mut self) -> &mut Boxed {
                self.boxed.get_or_insert_with(|| Box::new(Boxed::new()))
            }

            #[inline]
            pub(crate) fn slot(&self, known: Known) -> &dyn crate::environment::slot::ErasedSlot {
                match known { $( Known::$constant => &placed!($place, self).$field, )+ }
            }

            #[inline]
            pub(crate) fn slot_mut(
                &mut self,
                known: Known,
            ) -> &mut dyn crate::environment::slot::ErasedSlot {
                self.touch(known);
                match known { $( Known::$constant => &mut placed!($place, mut self).$field, )+ }
            }

            /// The field of a key as a slot of that type. Without a detour through a vtable: where the
            /// key is a constant this is the address of the field.
            #[inline]
            pub(crate) fn typed<T: AnyValue>(&self, known: Known) -> Option<&Slot<T>> {
                match known { $( Known::$constant => {
                    let slot: &dyn Any = &placed!($place, self).$field;
                    slot.downcast_ref()
                } )+ }
            }

            #[inline]
            pub(crate) fn typed_mut<T: AnyValue>(&mut self, known: Known) -> Option<&mut Slot<T>> {
                self.touch(known);
                match known { $( Known::$constant => {
                    let slot: &mut dyn Any = &mut placed!($place, mut self).$field;
                    slot.downcast_mut()
                } )+ }
            }

            /// Notes that a field is changed past [`slot_mut`](Self::slot_mut) and
            /// [`typed_mut`](Self::typed_mut).
            #[inline]
            pub(crate) fn touch(&mut self, known: Known) {
                self.touched |= known.bit();
            }

            /// Says whether a field was handed out to be changed since the last reset.
            #[inline]
            pub(crate) fn is_touched(&self) -> bool {
                self.touched != 0
            }

            /// Empties every field that was handed out to be changed; memory that is worth keeping is
            /// kept. Whoever writes a field without a note empties it too.
            pub(crate) fn reset(&mut self) {
                let mut touched = self.touched;
                while let Some(known) = usize::try_from(touched.trailing_zeros())
                    .ok()
                    .and_then(|number| Known::ALL.get(number))
                {
                    self.slot_mut(*known).reset();
                    touched &= touched - 1;
                }
                self.touched = 0;
                debug_assert!(self.is_untouched(), "a field was written past the set");
            }

            /// Says whether every field is as it was made, but for those that a call begins with.
            fn is_untouched(&self) -> bool {
                use crate::environment::slot::Presence::Untouched;
                let is_given = |known: Known| {
                    known.info().presence() == Presence::Required
                        || matches!(known, Known::SERVER_ON_SENDING_HEADERS)
                        || matches!(known, Known::SERVER_ON_COMPLETED | Known::SERVER_RAW_TARGET)
                };
                Known::ALL.iter().all(|k| is_given(*k) || self.slot(*k).presence() == Untouched)
            }
        }
    };
}
