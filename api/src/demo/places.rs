//! Cities with their region, their tier and how many of the members come from there.

use crate::domains::members::CityTier::{self, NewTier1, Tier1, Tier2, Tier3, Tier4, Tier5};

/// A city.
#[derive(Clone, Copy)]
pub(super) struct City {
    pub(super) name: &'static str,
    pub(super) region: &'static str,
    pub(super) tier: CityTier,
}

/// Where the company is, and its group buying.
pub(super) const HOME: City = city("成都", "四川", NewTier1);

const fn city(name: &'static str, region: &'static str, tier: CityTier) -> City {
    City { name, region, tier }
}

pub(super) const CITIES: &[(City, u64)] = &[
    (HOME, 150),
    (city("重庆", "重庆", NewTier1), 80),
    (city("上海", "上海", Tier1), 70),
    (city("北京", "北京", Tier1), 62),
    (city("广州", "广东", Tier1), 48),
    (city("深圳", "广东", Tier1), 46),
    (city("杭州", "浙江", NewTier1), 44),
    (city("西安", "陕西", NewTier1), 36),
    (city("武汉", "湖北", NewTier1), 33),
    (city("长沙", "湖南", NewTier1), 28),
    (city("南京", "江苏", NewTier1), 26),
    (city("苏州", "江苏", NewTier1), 24),
    (city("郑州", "河南", NewTier1), 22),
    (city("天津", "天津", NewTier1), 18),
    (city("青岛", "山东", NewTier1), 16),
    (city("昆明", "云南", Tier2), 30),
    (city("贵阳", "贵州", Tier2), 20),
    (city("厦门", "福建", Tier2), 15),
    (city("福州", "福建", Tier2), 12),
    (city("南宁", "广西", Tier2), 12),
    (city("合肥", "安徽", NewTier1), 12),
    (city("石家庄", "河北", Tier2), 9),
    (city("哈尔滨", "黑龙江", Tier2), 8),
    (city("兰州", "甘肃", Tier2), 8),
    (city("绵阳", "四川", Tier3), 24),
    (city("宜宾", "四川", Tier3), 14),
    (city("乐山", "四川", Tier4), 13),
    (city("桂林", "广西", Tier3), 9),
    (city("洛阳", "河南", Tier3), 8),
    (city("汕头", "广东", Tier3), 7),
    (city("呼和浩特", "内蒙古", Tier3), 6),
    (city("大理", "云南", Tier4), 12),
    (city("雅安", "四川", Tier5), 10),
    (city("攀枝花", "四川", Tier4), 7),
    (city("黄山", "安徽", Tier4), 6),
    (city("恩施", "湖北", Tier4), 6),
    (city("丽江", "云南", Tier5), 5),
    (city("西双版纳", "云南", Tier5), 4),
    (city("林芝", "西藏", Tier5), 2),
    (city("伊犁", "新疆", Tier5), 3),
];
