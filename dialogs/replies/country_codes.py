"""ISO 3166-1: two-letter and three-letter codes, and names that people use beside the official ones.

The names themselves come from CLDR (through Babel) in each language shipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_PAIRS_TEXT = """
AD AND AE ARE AF AFG AG ATG AI AIA AL ALB AM ARM AO AGO AQ ATA AR ARG AS ASM AT AUT AU AUS AW ABW AX ALA AZ AZE
BA BIH BB BRB BD BGD BE BEL BF BFA BG BGR BH BHR BI BDI BJ BEN BL BLM BM BMU BN BRN BO BOL BQ BES BR BRA BS BHS
BT BTN BV BVT BW BWA BY BLR BZ BLZ CA CAN CC CCK CD COD CF CAF CG COG CH CHE CI CIV CK COK CL CHL CM CMR CN CHN
CO COL CR CRI CU CUB CV CPV CW CUW CX CXR CY CYP CZ CZE DE DEU DJ DJI DK DNK DM DMA DO DOM DZ DZA EC ECU EE EST
EG EGY EH ESH ER ERI ES ESP ET ETH FI FIN FJ FJI FK FLK FM FSM FO FRO FR FRA GA GAB GB GBR GD GRD GE GEO GF GUF
GG GGY GH GHA GI GIB GL GRL GM GMB GN GIN GP GLP GQ GNQ GR GRC GS SGS GT GTM GU GUM GW GNB GY GUY HK HKG HM HMD
HN HND HR HRV HT HTI HU HUN ID IDN IE IRL IL ISR IM IMN IN IND IO IOT IQ IRQ IR IRN IS ISL IT ITA JE JEY JM JAM
JO JOR JP JPN KE KEN KG KGZ KH KHM KI KIR KM COM KN KNA KP PRK KR KOR KW KWT KY CYM KZ KAZ LA LAO LB LBN LC LCA
LI LIE LK LKA LR LBR LS LSO LT LTU LU LUX LV LVA LY LBY MA MAR MC MCO MD MDA ME MNE MF MAF MG MDG MH MHL MK MKD
ML MLI MM MMR MN MNG MO MAC MP MNP MQ MTQ MR MRT MS MSR MT MLT MU MUS MV MDV MW MWI MX MEX MY MYS MZ MOZ NA NAM
NC NCL NE NER NF NFK NG NGA NI NIC NL NLD NO NOR NP NPL NR NRU NU NIU NZ NZL OM OMN PA PAN PE PER PF PYF PG PNG
PH PHL PK PAK PL POL PM SPM PN PCN PR PRI PS PSE PT PRT PW PLW PY PRY QA QAT RE REU RO ROU RS SRB RU RUS RW RWA
SA SAU SB SLB SC SYC SD SDN SE SWE SG SGP SH SHN SI SVN SJ SJM SK SVK SL SLE SM SMR SN SEN SO SOM SR SUR SS SSD
ST STP SV SLV SX SXM SY SYR SZ SWZ TC TCA TD TCD TF ATF TG TGO TH THA TJ TJK TK TKL TL TLS TM TKM TN TUN TO TON
TR TUR TT TTO TV TUV TW TWN TZ TZA UA UKR UG UGA UM UMI US USA UY URY UZ UZB VA VAT VC VCT VE VEN VG VGB VI VIR
VN VNM VU VUT WF WLF WS WSM XK XKX YE YEM YT MYT ZA ZAF ZM ZMB ZW ZWE
"""
_PAIRS = _PAIRS_TEXT.split()

#: Two letters -> three letters.
ALPHA3: Mapping[str, str] = MappingProxyType(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)))
ALPHA2: Mapping[str, str] = MappingProxyType({three: two for two, three in ALPHA3.items()})

#: Further names, by three-letter code, separated by spaces; ``_`` stands for a space.
_ALIASES = {
    "JPN": "ジャパン にっぽんこく japanese jp jpn にほん にっぽん 日本国 nippon nihon",
    "USA": "ユナイテッドステイツ ハワイ べいこく アメリカ国 usa_america アメリカ 米国 アメリカ合衆国"
    " 合衆国 米 ユーエスエー the_united_states united_states_of_america america"
    " u.s. u.s.a. the_us american",
    "GBR": "グレートブリテン及び北アイルランド連合王国 えいこく 北アイルランド united_kingdom_of_great_britain"
    " 英国 イギリス 英 グレートブリテン連合王国 連合王国 イングランド スコットランド ウェールズ uk u.k."
    " great_britain britain england scotland wales british",
    "CHN": "ちゅうごく チャイナ cn chn 中国 中華人民共和国 中国大陸 prc people's_republic_of_china"
    " mainland_china chinese",
    "KOR": "かんこく だいかんみんこく 韓 サウスコリア south_korean kr kor 韓国 大韓民国 南朝鮮 south_korea"
    " republic_of_korea rok",
    "PRK": "きたちょうせん north_korean 北朝鮮 朝鮮民主主義人民共和国 dprk democratic_people's_republic_of_korea",
    "TWN": "たいわん tw 中華台北 chinese_taipei 台湾 中華民国 臺灣 republic_of_china taiwanese",
    "HKG": "ほんこん hongkong hong_konger hong_kong_sar 香港特別行政区 香港 ホンコン hong_kong",
    "XKX": "コソヴォ kosovar kosovan",
    "MAC": "マカオ 澳門 macao macau",
    "PHL": "pilipinas ph フィリピン フィリッピン 比国 フィリピン共和国 the_philippines filipino philippine",
    "VNM": "ヴィエトナム べとなむ vn ベトナム ヴェトナム 越南 ベトナム社会主義共和国 viet_nam vietnamese",
    "THA": "th タイ タイ王国 タイランド thai",
    "IDN": "いんどねしあ インドネシア インドネシア共和国 indonesian",
    "NPL": "ネパール nepali nepalese",
    "MMR": "burmese myanmar_(burma) ミャンマー ビルマ burma",
    "LKA": "sri_lankan スリランカ セイロン",
    "IND": "インド 印度 インド共和国 indian",
    "BGD": "bangladeshi バングラデシュ バングラディシュ バングラデッシュ",
    "BRA": "br ブラジル ブラジル連邦共和国 伯国 brasil brazilian",
    "PER": "ペルー ペルー共和国 peruvian",
    "DEU": "ドイツ 独 独逸 ドイツ連邦共和国 german",
    "FRA": "フランス 仏 仏国 フランス共和国 french",
    "ITA": "イタリア イタリー 伊 イタリア共和国 italian",
    "ESP": "スペイン スペイン王国 spanish",
    "NLD": "オランダ 蘭 和蘭 holland the_netherlands dutch",
    "BEL": "belgian ベルギー ベルギー王国",
    "CHE": "swiss スイス スイス連邦",
    "AUT": "austrian オーストリア オーストリー",
    "AUS": "オーストラリヤ オーストラリア 豪州 豪 濠洲 australian",
    "NZL": "ニュージー new_zealander kiwi ニュージーランド",
    "CAN": "カナダ 加奈陀 canadian",
    "RUS": "ロシア ロシア連邦 露 russian_federation russian",
    "UKR": "ウクライナ ukrainian",
    "TUR": "トルコ トルコ共和国 turkey turkish",
    "IRN": "イラン イラン・イスラム共和国 islamic_republic_of_iran iranian",
    "IRQ": "iraqi イラク イラク共和国",
    "SAU": "saudi サウジアラビア サウジ サウジアラビア王国",
    "ARE": "アラブ首長国連邦 uae u.a.e. ドバイ アブダビ",
    "SYR": "syrian シリア シリア・アラブ共和国",
    "EGY": "egyptian エジプト",
    "ZAF": "south_african 南アフリカ 南アフリカ共和国 南ア",
    "NGA": "ナイジェリア nigerian",
    "MEX": "mexican メキシコ メキシコ合衆国",
    "CZE": "czech チェコ チェコ共和国 czech_republic",
    "VAT": "バチカン バチカン市国 ヴァチカン vatican",
    "MKD": "北マケドニア マケドニア macedonia",
    "GEO": "グルジア ジョージア",
    "SWZ": "スワジランド エスワティニ swaziland",
    "CIV": "コートジボワール 象牙海岸 ivory_coast",
    "CPV": "カーボベルデ カーボヴェルデ cape_verde",
    "COD": "コンゴ民主共和国 drc dr_congo democratic_republic_of_the_congo",
    "COG": "コンゴ共和国 republic_of_the_congo",
    "DMA": "ドミニカ国 commonwealth_of_dominica",
    "DOM": "ドミニカ共和国",
    "TLS": "東ティモール east_timor",
    "LAO": "laotian lao ラオス ラオス人民民主共和国",
    "KHM": "cambodian カンボジア カンボジア王国 khmer",
    "MNG": "mongolian モンゴリア モンゴル モンゴル国 蒙古",
    "MYS": "malaysian マレーシア",
    "SGP": "singaporean シンガ シンガポール シンガポール共和国",
    "PAK": "パキスタン pakistani",
    "PSE": "パレスチナ palestine",
    "FSM": "ミクロネシア ミクロネシア連邦",
    "BOL": "ボリビア",
    "VEN": "ベネズエラ ヴェネズエラ",
    "TZA": "タンザニア",
    "MDA": "モルドバ",
    "BRN": "ブルネイ ブルネイ・ダルサラーム",
    "IRL": "irish アイルランド",
    "GRC": "greek ギリシャ ギリシア",
    "PRT": "portuguese ポルトガル",
    "CYP": "キプロス サイプラス",
    "LBY": "リビア",
    "SWE": "swedish スウェーデン王国 スエーデン",
    "NOR": "norwegian ノルウェイ ノルエー",
    "DNK": "danish",
    "FIN": "finnish",
    "POL": "polish",
    "KEN": "kenyan",
    "GHA": "ghanaian",
    "AFG": "afghan",
    "UZB": "uzbek",
    "KAZ": "kazakh カザフ",
    "ARG": "argentine argentinian",
    "COL": "colombian",
    "CHL": "chilean",
    "CUB": "cuban",
    "ISR": "israeli",
    "HUN": "hungarian",
    "ROU": "romanian",
    "ASM": "アメリカ領サモア 米領サモア",
    "KGZ": "キルギス キルギスタン",
    "BLR": "ベラルーシ 白ロシア",
}
ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {code: tuple(word.replace("_", " ") for word in words.split()) for code, words in _ALIASES.items()}
)

#: Said by whom no state takes for its own; ISO 3166-1 has no code for it.
STATELESS = (
    *("無国籍", "無国籍者", "むこくせき", "国籍なし", "国籍がない", "国籍がありません", "国籍はありません"),
    *("国籍を持っていない", "国籍を持っていません", "stateless", "stateless person", "no nationality"),
)

#: Names that several countries share: asked back.
SHARED_NAMES = (
    *(
        "朝鮮",
        "朝鮮籍",
        "korea",
        "korean",
        "コリア",
        "コンゴ",
        "congo",
        "ドミニカ",
        "バージン諸島",
        "ヴァージン諸島",
        "virgin islands",
    ),
    *(
        "ヨーロッパ",
        "欧州",
        "アジア",
        "アフリカ",
        "南米",
        "中東",
        "eu",
        "海外",
        "外国",
        "micronesia islands",
        "サモア諸島",
        "west indies",
    ),
)
