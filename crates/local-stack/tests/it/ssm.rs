use std::os::unix::fs::PermissionsExt;

use aws_sdk_ssm::types::ParameterType;
use local_stack::Parameter;

use crate::support::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_secure_string_is_not_readable_without_decryption() {
    let world = World::start().await;
    let ssm = world.ssm();
    let put = ssm.put_parameter().name("/openclaw/token").value("s3cret");
    put.r#type(ParameterType::SecureString).send().await.expect("stores");
    let get = ssm.get_parameter().name("/openclaw/token");
    let sealed = get.clone().send().await.expect("reads").parameter.expect("one");
    assert_ne!(sealed.value(), Some("s3cret"));
    let open = get.with_decryption(true).send().await.expect("reads").parameter.expect("one");
    assert_eq!(open.value(), Some("s3cret"));
    let file = world.dir.path().join("ssm.json");
    let mode = std::fs::metadata(file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_get_the_services_own_errors() {
    let world = World::start().await;
    let ssm = world.ssm();
    let missing = ssm.get_parameter().name("/none").send().await.expect_err("missing");
    assert!(missing.into_service_error().is_parameter_not_found());
    let put = ssm.put_parameter().name("/a").r#type(ParameterType::String);
    put.clone().value("x".repeat(4096)).send().await.expect("4 KB fit");
    put.clone().value("y").send().await.expect_err("exists, and overwrite was not said");
    let long = put.value("x".repeat(4097)).overwrite(true).send().await.expect_err("too long");
    assert_eq!(long.into_service_error().meta().code(), Some("ValidationException"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_listed_by_path_in_pages_and_survive() {
    let seed = |config: &mut local_stack::Config| {
        let named = |n| Parameter { name: format!("/p/{n:02}"), value: "v".into(), secure: false };
        config.parameters = (0..23).map(named).collect();
    };
    let world = World::with(seed).await;
    let world = World::on(world.stop().await, |_| {}).await;
    let pages = world.ssm().get_parameters_by_path().path("/p").into_paginator().send();
    let pages = pages.collect::<Result<Vec<_>, _>>().await.expect("pages");
    let names: Vec<_> = pages.iter().flat_map(|page| page.parameters()).collect();
    assert_eq!((pages.len(), names.len()), (3, 23));
    assert_eq!(names[22].name(), Some("/p/22"));
    world.stop().await;
}
