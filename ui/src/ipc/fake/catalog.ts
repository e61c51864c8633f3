import type { Catalog } from "../types";

const countries = `
AD|Andorra|EUR
AE|United Arab Emirates|AED
AF|Afghanistan|AFN
AG|Antigua and Barbuda|XCD
AI|Anguilla|XCD
AL|Albania|ALL
AM|Armenia|AMD
AO|Angola|AOA
AQ|Antarctica|USD
AR|Argentina|ARS
AS|American Samoa|USD
AT|Austria|EUR
AU|Australia|AUD
AW|Aruba|AWG
AX|Aland Islands|EUR
AZ|Azerbaijan|AZN
BA|Bosnia and Herzegovina|BAM
BB|Barbados|BBD
BD|Bangladesh|BDT
BE|Belgium|EUR
BF|Burkina Faso|XOF
BG|Bulgaria|BGN
BH|Bahrain|BHD
BI|Burundi|BIF
BJ|Benin|XOF
BL|Saint Barthelemy|EUR
BM|Bermuda|BMD
BN|Brunei|BND
BO|Bolivia|BOB
BQ|Bonaire, Saint Eustatius and Saba|USD
BR|Brazil|BRL
BS|Bahamas|BSD
BT|Bhutan|BTN
BV|Bouvet Island|NOK
BW|Botswana|BWP
BY|Belarus|BYN
BZ|Belize|BZD
CA|Canada|CAD
CC|Cocos Islands|AUD
CD|Democratic Republic of the Congo|CDF
CF|Central African Republic|XAF
CG|Republic of the Congo|XAF
CH|Switzerland|CHF
CI|Ivory Coast|XOF
CK|Cook Islands|NZD
CL|Chile|CLP
CM|Cameroon|XAF
CN|China|CNY
CO|Colombia|COP
CR|Costa Rica|CRC
CU|Cuba|CUP
CV|Cape Verde|CVE
CW|Curacao|ANG
CX|Christmas Island|AUD
CY|Cyprus|EUR
CZ|Czech Republic|CZK
DE|Germany|EUR
DJ|Djibouti|DJF
DK|Denmark|DKK
DM|Dominica|XCD
DO|Dominican Republic|DOP
DZ|Algeria|DZD
EC|Ecuador|USD
EE|Estonia|EUR
EG|Egypt|EGP
EH|Western Sahara|MAD
ER|Eritrea|ERN
ES|Spain|EUR
ET|Ethiopia|ETB
FI|Finland|EUR
FJ|Fiji|FJD
FK|Falkland Islands|FKP
FM|Micronesia|USD
FO|Faroe Islands|DKK
FR|France|EUR
GA|Gabon|XAF
GB|United Kingdom|GBP
GD|Grenada|XCD
GE|Georgia|GEL
GF|French Guiana|EUR
GG|Guernsey|GBP
GH|Ghana|GHS
GI|Gibraltar|GIP
GL|Greenland|DKK
GM|Gambia|GMD
GN|Guinea|GNF
GP|Guadeloupe|EUR
GQ|Equatorial Guinea|XAF
GR|Greece|EUR
GS|South Georgia and the South Sandwich Islands|GBP
GT|Guatemala|GTQ
GU|Guam|USD
GW|Guinea-Bissau|XOF
GY|Guyana|GYD
HK|Hong Kong|HKD
HM|Heard Island and McDonald Islands|AUD
HN|Honduras|HNL
HR|Croatia|HRK
HT|Haiti|HTG
HU|Hungary|HUF
ID|Indonesia|IDR
IE|Ireland|EUR
IL|Israel|ILS
IM|Isle of Man|GBP
IN|India|INR
IO|British Indian Ocean Territory|USD
IQ|Iraq|IQD
IR|Iran|IRR
IS|Iceland|ISK
IT|Italy|EUR
JE|Jersey|GBP
JM|Jamaica|JMD
JO|Jordan|JOD
JP|Japan|JPY
KE|Kenya|KES
KG|Kyrgyzstan|KGS
KH|Cambodia|KHR
KI|Kiribati|AUD
KM|Comoros|KMF
KN|Saint Kitts and Nevis|XCD
KP|North Korea|USD
KR|South Korea|KRW
KW|Kuwait|KWD
KY|Cayman Islands|KYD
KZ|Kazakhstan|KZT
LA|Laos|LAK
LB|Lebanon|LBP
LC|Saint Lucia|XCD
LI|Liechtenstein|CHF
LK|Sri Lanka|LKR
LR|Liberia|LRD
LS|Lesotho|LSL
LT|Lithuania|EUR
LU|Luxembourg|EUR
LV|Latvia|EUR
LY|Libya|LYD
MA|Morocco|MAD
MC|Monaco|EUR
MD|Moldova|MDL
ME|Montenegro|EUR
MF|Saint Martin|EUR
MG|Madagascar|MGA
MH|Marshall Islands|USD
MK|Macedonia|MKD
ML|Mali|XOF
MM|Myanmar|MMK
MN|Mongolia|MNT
MO|Macao|MOP
MP|Northern Mariana Islands|USD
MQ|Martinique|EUR
MR|Mauritania|MRU
MS|Montserrat|XCD
MT|Malta|EUR
MU|Mauritius|MUR
MV|Maldives|MVR
MW|Malawi|MWK
MX|Mexico|MXN
MY|Malaysia|MYR
MZ|Mozambique|MZN
NA|Namibia|NAD
NC|New Caledonia|XPF
NE|Niger|XOF
NF|Norfolk Island|AUD
NG|Nigeria|NGN
NI|Nicaragua|NIO
NL|Netherlands|EUR
NO|Norway|NOK
NP|Nepal|NPR
NR|Nauru|AUD
NU|Niue|NZD
NZ|New Zealand|NZD
OM|Oman|OMR
PA|Panama|PAB
PE|Peru|PEN
PF|French Polynesia|XPF
PG|Papua New Guinea|PGK
PH|Philippines|PHP
PK|Pakistan|PKR
PL|Poland|PLN
PM|Saint Pierre and Miquelon|EUR
PN|Pitcairn|NZD
PR|Puerto Rico|USD
PS|Palestinian Territory|ILS
PT|Portugal|EUR
PW|Palau|USD
PY|Paraguay|PYG
QA|Qatar|QAR
RE|Reunion|EUR
RO|Romania|RON
RS|Serbia|RSD
RU|Russia|RUB
RW|Rwanda|RWF
SA|Saudi Arabia|SAR
SB|Solomon Islands|SBD
SC|Seychelles|SCR
SD|Sudan|SDG
SE|Sweden|SEK
SG|Singapore|SGD
SH|Saint Helena|SHP
SI|Slovenia|EUR
SJ|Svalbard and Jan Mayen|NOK
SK|Slovakia|EUR
SL|Sierra Leone|SLL
SM|San Marino|EUR
SN|Senegal|XOF
SO|Somalia|SOS
SR|Suriname|SRD
SS|South Sudan|SSP
ST|Sao Tome and Principe|STN
SV|El Salvador|USD
SX|Sint Maarten|ANG
SY|Syria|SYP
SZ|Swaziland|SZL
TC|Turks and Caicos Islands|USD
TD|Chad|XAF
TF|French Southern Territories|EUR
TG|Togo|XOF
TH|Thailand|THB
TJ|Tajikistan|TJS
TK|Tokelau|NZD
TL|East Timor|USD
TM|Turkmenistan|TMT
TN|Tunisia|TND
TO|Tonga|TOP
TR|Turkey|TRY
TT|Trinidad and Tobago|TTD
TV|Tuvalu|AUD
TW|Taiwan|TWD
TZ|Tanzania|TZS
UA|Ukraine|UAH
UG|Uganda|UGX
UM|United States Minor Outlying Islands|USD
US|United States|USD
UY|Uruguay|UYU
UZ|Uzbekistan|UZS
VA|Vatican|EUR
VC|Saint Vincent and the Grenadines|XCD
VE|Venezuela|VES
VG|British Virgin Islands|USD
VI|U.S. Virgin Islands|USD
VN|Vietnam|VND
VU|Vanuatu|VUV
WF|Wallis and Futuna|XPF
WS|Samoa|WST
XK|Kosovo|EUR
YE|Yemen|YER
YT|Mayotte|EUR
ZA|South Africa|ZAR
ZM|Zambia|ZMW
ZW|Zimbabwe|USD
`;

const currencies = `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLL SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW`;

const paymentTypes = `
ADVCASH|AdvCash
ALIPAY|Alipay
ASTROPAY|AstroPay
BANK_TRANSFER_IMPS|Bank transfer IMPS
BITMAIN_COUPON|Bitmain coupon
CASHIERS_CHECK|Cashier's check
CASHU|CashU
CASH_AT_ATM|ATM deposit
CASH_DEPOSIT|Bank deposit
CHASE_QUICKPAY|Chase QuickPay
CREDITCARD|Credit card
DWOLLA|Dwolla
EASYPAISA|EasyPaisa
ECOCASH|EcoCash
GOOGLEWALLET|Google Wallet
HAL_CASH|HalCash
HYPERWALLET|HyperWallet
INTERAC|Interac
INTERNATIONAL_WIRE_SWIFT|International wire (SWIFT)
LYDIA|Lydia
MOBILEPAY_DANSKE_BANK|MobilePay Danske Bank
MOBILEPAY_DANSKE_BANK_DK|MobilePay Danske Bank (DK)
MONEYBOOKERS|MoneyBookers
MONEYGRAM|MoneyGram
MPESA_KENYA|M-Pesa Kenya
MPESA_TANZANIA|M-Pesa Tanzania
NATIONAL_BANK|National bank transfer
NETELLER|Neteller
OKPAY|OkPay
OTHER|Other
OTHER_ONLINE_WALLET|Other online wallet
OTHER_REMITTANCE|Other remittance
PAXUM|Paxum
PAYEER|Payeer
PAYM|Paym
PAYONEER|Payoneer
PAYPAL|PayPal
PAYPALMYCASH|PayPal Cash Card
PAYTM|Paytm
PAYZA|Payza
PERFECT_MONEY|Perfect Money
PINGIT|Pingit
PYC|PYC
PostePay|PostePay
QIWI|QIWI
QIWI_TERMINAL|QIWI terminal
RELOADIT|Reloadit
RIA|Ria
SBERBANK|Sberbank
SERVE2SERVE|Serve2Serve
SOLIDTRUSTPAY|SolidTrustPay
SPECIFIC_BANK|Specific bank
SQUARE_CASH|Square Cash
SUPERFLASH|SuperFlash
SWISH|Swish
TELE2|Tele2
TELEGRAMATIC_ORDER|Telegramatic order
TIGOPESA_TANZANIA|Tigo Pesa Tanzania
TINKOFF|Tinkoff
TRANSFERWISE|TransferWise
VANILLA|Vanilla
VENMO|Venmo
VIPPS|Vipps
WALMART2WALMART|Walmart2Walmart
WEBMONEY|WebMoney
WECHAT|WeChat
WORLDREMIT|WorldRemit
WU|Western Union
XOOM|Xoom
YANDEXMONEY|Yandex Money
ZELLE|Zelle
`;

const local: Partial<Record<string, string[]>> = {
  RU: ["QIWI", "SBERBANK", "TINKOFF", "QIWI_TERMINAL", "TELE2", "YANDEXMONEY"],
  FR: ["LYDIA"],
  DK: ["MOBILEPAY_DANSKE_BANK_DK"],
  CA: ["INTERAC", "VANILLA"],
  US: ["ZELLE", "VENMO", "SQUARE_CASH"],
  GB: ["PAYM", "PINGIT"],
  SE: ["SWISH"],
  NO: ["VIPPS"],
  IT: ["PostePay"],
};

function lines(text: string): string[][] {
  return text
    .trim()
    .split("\n")
    .map((line) => line.split("|"));
}

/** Codes and names of the marketplace's catalog (marketplace reference, section 19). */
export const catalog: Catalog = {
  countries: lines(countries).map(([code = "", name = "", currency = ""]) => ({
    code,
    name,
    currency,
    localPaymentTypes: local[code] ?? [],
  })),
  currencies: currencies.split(" "),
  paymentTypes: lines(paymentTypes).map(([code = "", name = ""]) => ({ code, name })),
};
