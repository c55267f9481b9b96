//! A user's skills are what he has put and not removed, and each can be opened.

use domain::limits::SKILLS_MAX;
use domain::{Skill, SkillName};

use super::ContractWorld;
use super::scene::later;
use crate::OpenError;

fn skill(name: &str, version: u64) -> (Skill, Vec<u8>) {
    let skill = Skill {
        name: SkillName::new(name).expect("valid"),
        description: format!("Version {version} of \"{name}\", 한국어."),
        sha256: format!("{version:064x}"),
        files: version,
        bytes: version * 1_000,
        at: later(version),
    };
    (skill, format!("archive of {name}, {version}").into_bytes())
}

pub async fn a_skill_reads_back_whole(world: &dyn ContractWorld) {
    let (skills, ana, ben) = (world.skills(), world.new_user(), world.new_user());
    assert_eq!(skills.list(&ana).await.expect("reads"), []);
    let [(b, b_archive), (a, a_archive)] = [skill("b", 1), skill("a-1", 2)];
    skills.put(&ana, &b, b_archive.clone()).await.expect("writes");
    skills.put(&ana, &a, a_archive.clone()).await.expect("writes");
    assert_eq!(skills.list(&ana).await.expect("reads"), [a.clone(), b.clone()]);
    assert_eq!(skills.open(&ana, &a).await.expect("is kept"), a_archive);
    assert_eq!(skills.open(&ana, &b).await.expect("is kept"), b_archive);
    assert_eq!(skills.list(&ben).await.expect("reads"), [], "another user's");
    assert!(matches!(skills.open(&ben, &a).await, Err(OpenError::NotFound)));
}

pub async fn a_skill_takes_the_place_of_the_one_before(world: &dyn ContractWorld) {
    let (skills, ana) = (world.skills(), world.new_user());
    let [(first, first_archive), (second, second_archive)] = [skill("a", 1), skill("a", 2)];
    skills.put(&ana, &first, first_archive).await.expect("writes");
    skills.put(&ana, &second, second_archive.clone()).await.expect("writes");
    let listed = skills.list(&ana).await.expect("reads");
    assert_eq!(listed, std::slice::from_ref(&second));
    assert_eq!(skills.open(&ana, &second).await.expect("is kept"), second_archive);
    assert!(matches!(skills.open(&ana, &first).await, Err(OpenError::NotFound)), "dropped");
    // The same archive at another time, as of somebody who sends it twice.
    let again = Skill { at: later(9), ..second.clone() };
    skills.put(&ana, &again, second_archive.clone()).await.expect("writes");
    assert_eq!(skills.open(&ana, &again).await.expect("is kept"), second_archive);
    // Whose answer was lost tries again.
    skills.put(&ana, &again, second_archive.clone()).await.expect("writes");
    assert_eq!(skills.open(&ana, &again).await.expect("is kept"), second_archive);
}

pub async fn a_removed_skill_is_gone_and_may_be_removed_again(world: &dyn ContractWorld) {
    let (skills, ana) = (world.skills(), world.new_user());
    let [(a, archive), (ab, ab_archive)] = [skill("a", 1), skill("ab", 2)];
    skills.put(&ana, &a, archive).await.expect("writes");
    skills.put(&ana, &ab, ab_archive).await.expect("writes");
    assert!(skills.remove(&ana, &a.name).await.expect("writes"));
    assert_eq!(skills.list(&ana).await.expect("reads"), [ab]);
    assert!(matches!(skills.open(&ana, &a).await, Err(OpenError::NotFound)));
    assert!(!skills.remove(&ana, &a.name).await.expect("writes"));
}

pub async fn as_many_skills_as_a_user_may_have_are_listed(world: &dyn ContractWorld) {
    let (skills, ana) = (world.skills(), world.new_user());
    for n in 0..SKILLS_MAX as u64 {
        let (mut skill, archive) = skill(&format!("s{n}"), n);
        skill.description = "d".repeat(1_000);
        skills.put(&ana, &skill, archive).await.expect("writes");
    }
    assert_eq!(skills.list(&ana).await.expect("reads").len(), SKILLS_MAX);
}
