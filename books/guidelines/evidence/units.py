"""Units and months as books write them in English, German, Spanish and French, and what units measure. Pure."""

from __future__ import annotations

from decimal import Decimal

from books.stopwords import word_set

UNITS = {
    name: unit
    for unit, names in {
        "second": "s second seconds Sekunde Sekunden segundos",
        "minute": "min minute minutes Minute Minuten minuto minutos",
        "hour": "h hour hours Stunde Stunden hora horas heure heures",
        "day": "day days Tag Tage Tagen día días jour jours",
        "week": "week weeks Woche Wochen semana semanas semaine semaines",
        "month": "month months Monat Monate Monaten mes meses mois",
        "year": "year years yr yrs Jahr Jahre Jahren año años ans année années",
        "decade": "decade decades Jahrzehnte décadas décennies",
        "century": "century centuries Jahrhunderte siècles", "millennium": "millennia",
        "generation": "generation generations",
        "nm": "nm nanometer nanometers nanometre nanometres Nanometer nanómetros",
        "µm": "µm μm micrometer micrometers micrometre micrometres Mikrometer micrómetros",
        "mm": "mm millimeter millimeters millimetre millimetres",
        "cm": "cm centimeter centimeters centimetre centimetres Zentimeter centímetro centímetros",
        "metre": "m meter meters metre metres Meter Metern metro metros mètre mètres", "inch": "inch inches",
        "km": "km kilometer kilometers kilometre kilometres Kilometer Kilometern Quadratkilometer kilómetro kilómetros"
        " kilomètre kilomètres",
        "foot": "foot feet ft", "yard": "yard yards", "mile": "mile miles Meile Meilen milla millas",
        "acre": "acre acres",
        "hectare": "hectare hectares", "gram": "g gram grams gramme grammes Gramm gramo gramos", "mg": "mg milligrams",
        "kg": "kg kilogram kilograms kilo kilos Kilogramm kilogramo kilogramos", "ounce": "ounce ounces oz",
        "pound": "£ pound pounds lb lbs Pfund libra libras", "ton": "ton tons tonne tonnes Tonnen tonelada toneladas",
        "litre": "liter liters litre litres Liter litro litros l", "ml": "ml milliliters millilitres",
        "gallon": "gallon gallons", "pint": "pint pints", "quart": "quart quarts", "cup": "cup cups",
        "percent": "% percent percentage Prozent", "degree": "° degree degrees Grad grado grados",
        "dollar": "$ dollar dollars dólares", "euro": "€ euro euros", "cent": "¢ cent cents",
        "yen": "¥ yen", "rupee": "₹ rupee rupees", "peso": "peso pesos", "franc": "franc francs",
        "guilder": "guilder guilders florin florins Gulden florines", "ducat": "ducat ducats Dukaten ducados",
        "crown": "crowns Kronen coronas", "mark": "marks", "thaler": "thaler thalers Taler táleros",
        "shilling": "shilling shillings", "penny": "penny pence pennies", "rouble": "rouble roubles ruble rubles",
        "livre": "livre livres", "real": "reales", "maravedi": "maravedi maravedis", "tael": "tael taels",
        "denarius": "denarius denarii", "sesterce": "sesterce sesterces sestertii", "drachma": "drachma drachmas",
        "talent": "talents", "shekel": "shekel shekels", "akce": "akçe akçes akche akches", "mph": "mph",
        "cubit": "cubit cubits", "fathom": "fathom fathoms", "league": "leagues", "stadion": "stadia stades",
        "bushel": "bushel bushels", "barrel": "barrels", "radian": "radian radians",
        "newton": "N newton newtons Newton", "joule": "J joule joules", "kJ": "kJ kilojoule kilojoules",
        "watt": "W watt watts", "kW": "kW kilowatt kilowatts", "MW": "MW megawatt megawatts", "hertz": "Hz hertz",
        "kcal": "kcal kilocalorie kilocalories", "volt": "volt volts",
        "ampere": "ampere amperes", "pascal": "Pa pascal pascals",
        "hPa": "hPa hectopascal hectopascals", "kPa": "kPa kilopascal kilopascals",
    }.items()
    for name in names.split()
}  # fmt: skip
CURRENCIES = word_set(
    "dollar euro pound yen rupee peso franc guilder ducat crown mark thaler shilling penny rouble livre real maravedi"
    " tael denarius sesterce drachma talent akce cent"
)
# What each measures, and how many of one unit it is.
SCALES = {
    unit: (kind, Decimal(times))
    for kind, units in {
        "length": "nm 0.000000001 µm 0.000001 mm 0.001 cm 0.01 metre 1 km 1000 inch 0.0254 foot 0.3048 yard 0.9144"
        " mile 1609 mph 1609",
        "weight": "mg 0.001 gram 1 kg 1000 ton 1000000 ounce 28.35 pound 453.6",
        "time": "second 1 minute 60 hour 3600 day 86400 week 604800 month 2629800 year 31557600 decade 315576000"
        " century 3155760000 millennium 31557600000",
        "share": "percent 0.01",
        "money": "dollar 1 cent 0.01",
        "energy": "joule 1 kJ 1000",
        "power": "watt 1 kW 1000 MW 1000000",
        "pressure": "pascal 1 hPa 100 kPa 1000",
        "volume": "ml 0.001 litre 1 gallon 3.785 quart 0.946 pint 0.473 cup 0.237",
        "area": "acre 4047 hectare 10000",
    }.items()
    for unit, times in zip(units.split()[::2], units.split()[1::2], strict=True)
}
YEARS = {"year": 1, "decade": 10, "century": 100, "millennium": 1000}
_MONTHS = (
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
)
MONTHS = word_set(*_MONTHS)
MONTH_NUMBERS = {name: number for names in _MONTHS for number, name in enumerate(names.split())}
