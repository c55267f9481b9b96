//! What a user has chosen stays so.

use domain::TimeZone;

use super::ContractWorld;

pub async fn a_time_zone_is_the_last_one_chosen(world: &dyn ContractWorld) {
    let (settings, ana, ben) = (world.settings(), world.new_user(), world.new_user());
    assert_eq!(settings.time_zone(&ana).await.expect("reads"), None);
    for name in ["Asia/Seoul", "America/Argentina/Buenos_Aires", "UTC"] {
        let zone = TimeZone::new(name).expect("a zone");
        settings.set_time_zone(&ana, &zone).await.expect("writes");
        assert_eq!(settings.time_zone(&ana).await.expect("reads"), Some(zone));
    }
    assert_eq!(settings.time_zone(&ben).await.expect("reads"), None, "another user's");
}
