//! What a user has chosen stays so.

use domain::{
    Choices, IdleMinutes, Instructions, Language, ModelName, Notifications, Setting, SettingKey,
    SpendCap, TelegramNotifications, TimeZone, UserId,
};

use super::ContractWorld;

fn zone(name: &str) -> Setting {
    Setting::TimeZone(TimeZone::new(name).expect("a zone"))
}

fn one_of_each() -> [Setting; 8] {
    let instructions = "Be brief.\n\"안녕\"";
    [
        Setting::Model(ModelName::new("large-2").expect("valid")),
        Setting::Instructions(Instructions::new(instructions).expect("valid")),
        zone("America/Argentina/Buenos_Aires"),
        Setting::Idle(IdleMinutes { min_minutes: 2, max_minutes: 9 }),
        Setting::Notifications(Notifications { telegram: TelegramNotifications::None }),
        Setting::Language(Language::new("pt-BR").expect("valid")),
        Setting::WakeOnOpen(false),
        Setting::SpendCap(SpendCap::new(12.34).expect("valid")),
    ]
}

pub async fn a_setting_is_the_last_one_chosen(world: &dyn ContractWorld) {
    let (settings, ana, ben) = (world.settings(), world.new_user(), world.new_user());
    let read = async |user: &UserId| settings.get(user, SettingKey::TimeZone).await.expect("reads");
    assert_eq!(read(&ana).await, None);
    for name in ["Asia/Seoul", "America/Argentina/Buenos_Aires", "UTC"] {
        let zone = zone(name);
        settings.put(&ana, &zone).await.expect("writes");
        assert_eq!(read(&ana).await, Some(zone));
    }
    assert_eq!(read(&ben).await, None, "another user's");
}

pub async fn every_setting_reads_back_alone_and_among_all(world: &dyn ContractWorld) {
    let (settings, ana, ben) = (world.settings(), world.new_user(), world.new_user());
    assert_eq!(settings.all(&ana).await.expect("reads"), Choices::default());
    let mut chosen = Choices::default();
    for one in one_of_each() {
        settings.put(&ana, &one).await.expect("writes");
        assert_eq!(settings.get(&ana, one.key()).await.expect("reads"), Some(one.clone()));
        chosen.put(one);
        assert_eq!(settings.all(&ana).await.expect("reads"), chosen);
    }
    assert_eq!(settings.all(&ben).await.expect("reads"), Choices::default(), "another user's");
}

pub async fn a_setting_that_is_removed_was_never_chosen(world: &dyn ContractWorld) {
    let (settings, ana) = (world.settings(), world.new_user());
    for one in one_of_each() {
        settings.put(&ana, &one).await.expect("writes");
    }
    for key in SettingKey::ALL {
        for _ in 0..2 {
            settings.remove(&ana, key).await.expect("removes");
        }
        assert_eq!(settings.get(&ana, key).await.expect("reads"), None);
    }
    assert_eq!(settings.all(&ana).await.expect("reads"), Choices::default());
}
