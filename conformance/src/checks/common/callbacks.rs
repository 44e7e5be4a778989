//! Callbacks that run before the head goes out (`server.OnSendingHeaders`).

use crate::check::{Check, Clause, Feature, Level, Profile, Proof, incident, owin, standard};
use crate::judge::{Lapse, Trial, demand};
use crate::wire::{Answer, Asked, Missing};

const LAST_CHANCE: Clause =
    standard("CommonKeys", "server", "a callback is the last chance to change the head");

pub(in crate::checks) const CALLBACKS: &[Check] = &[
    Check {
        id: "CM-12",
        slug: "callback",
        title: "A callback changes status and fields before they go out",
        level: Level::Must,
        profile: Profile::Common,
        clauses: &[LAST_CHANCE],
        seeds: "CK-037, DF-40",
        means: "cookies and times are missing that middlewares add at the end",
        fix: "run the callbacks before the head is written",
        proof: Proof::HoldsByProbe(|trial| {
            for body in ["body=x", "chunk=x", ""] {
                let steps = format!("status=202&callback=a&callback-status=203&{body}");
                let answer = asked(trial, &steps)?;
                let is_changed = answer.status == 203 && answer.field("x-order").is_some();
                demand(is_changed || body.is_empty(), || {
                    format!("with {body} the head came as it was, with {}", answer.status)
                })?;
            }
            Ok(())
        }),
    },
    Check {
        id: "CM-13",
        slug: "callback-without-body",
        title: "Callbacks run where there is no body, too",
        level: Level::DeFacto,
        profile: Profile::Common,
        clauses: &[LAST_CHANCE],
        seeds: "CK-038, DF-40",
        means: "redirects come without their cookies",
        fix: "run the callbacks at the end where nothing was written",
        proof: Proof::HoldsByProbe(|trial| {
            ["callback=a", "status=302&callback=a", "status=404&callback=a&body="]
                .into_iter()
                .try_for_each(|steps| {
                    let has_run = asked(trial, steps)?.field("x-order").is_some();
                    demand(has_run, || format!("with {steps} it has not run"))
                })
        }),
    },
    Check {
        id: "CM-14",
        slug: "order-of-callbacks",
        title: "The callback that was registered last runs first",
        level: Level::DeFacto,
        profile: Profile::Common,
        clauses: &[incident("Katana, Nowin, Kestrel", "all run the last registered first")],
        seeds: "CK-039",
        means: "an inner middleware undoes what an outer one has added",
        fix: "keep callbacks on a stack",
        proof: Proof::HoldsByProbe(|trial| {
            let answer = asked(trial, "callback=a&callback=b&callback=c&body=x")?;
            let mut order: Vec<String> = answer.values("x-order").collect();
            order.dedup();
            demand(order == ["c", "b", "a"], || format!("they ran in this order: {order:?}"))
        }),
    },
    Check {
        id: "CM-15",
        slug: "callbacks-once",
        title: "A callback runs once",
        level: Level::DeFacto,
        profile: Profile::Common,
        clauses: &[
            LAST_CHANCE,
            incident("Katana", "callbacks ran twice where a write met the end of the call"),
        ],
        seeds: "CK-041",
        means: "fields stand there twice",
        fix: "take each callback off before it runs",
        proof: Proof::HoldsByProbe(|trial| {
            ["callback=a&body=x", "callback=a&chunk=x&chunk=y"].into_iter().try_for_each(|steps| {
                let times = asked(trial, steps)?.values("x-order").count();
                demand(times < 2, || format!("with {steps} it has run {times} times"))
            })
        }),
    },
    Check {
        id: "CM-16",
        slug: "failing-callback",
        title: "Where a callback fails the answer is 500",
        level: Level::DeFacto,
        profile: Profile::Common,
        clauses: &[owin("6", "what fails before the start is answered by 500")],
        seeds: "OWIN-118",
        means: "answers go out of which a part is missing",
        fix: "treat it as a failure of the app",
        proof: Proof::HoldsByProbe(|trial| {
            ["callback-fail&body=x", "callback-fail", "callback-fail&chunk=x"]
                .into_iter()
                .try_for_each(|steps| {
                    let status = asked(trial, steps)?.status;
                    demand(status == 500, || format!("{steps} was answered by {status}"))
                })
        }),
    },
    Check {
        id: "CM-17",
        slug: "late-callback",
        title: "To register a callback after the start is an error",
        level: Level::DeFacto,
        profile: Profile::Common,
        clauses: &[LAST_CHANCE],
        seeds: "CK-040",
        means: "middlewares believe that they have added what nobody gets",
        fix: "refuse the registration",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Callbacks)?;
            let mut link = trial.connect()?;
            trial.send_reply(&mut link, "chunk=x&callback=late&chunk=y");
            match link.answer(Asked::Whole) {
                Err(Missing::Ended(_)) => Ok(()),
                Err(missing) => Err(missing.into()),
                Ok(answer) if answer.status == 500 => Ok(()),
                Ok(_) => Err(Lapse::Failed("the app was not told that it is too late".to_owned())),
            }
        }),
    },
    Check {
        id: "CM-18",
        slug: "callbacks-of-their-own",
        title: "A callback runs for its own call only",
        level: Level::Must,
        profile: Profile::Common,
        clauses: &[owin("3.1", "each call has an environment of its own")],
        seeds: "CK-020, CK-022",
        means: "a client gets the cookie of another",
        fix: "drop what is left of the callbacks with the call",
        proof: Proof::HoldsByProbe(|trial| {
            trial.claims(Feature::Callbacks)?;
            let mut link = trial.connect()?;
            trial.send_reply(&mut link, "callback=first&body=x");
            if link.answer(Asked::Whole)?.closes() {
                let why = "the server keeps no connection, so that there is no second request";
                return Err(Lapse::Skipped(why.to_owned()));
            }
            trial.send_reply(&mut link, "body=x");
            let again = link.answer(Asked::Whole)?.field("x-order");
            demand(again.is_none(), || "that of the first call has run for the second".to_owned())
        }),
    },
];

/// The answer to a request, where the server runs callbacks at all.
fn asked(trial: &Trial<'_>, steps: &str) -> Result<Answer, Lapse> {
    trial.claims(Feature::Callbacks)?;
    trial.reply(steps)
}
