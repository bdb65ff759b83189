// Amounts as people write and read them: 3,000,000, 3 000 000, 3M, 250k, $1.5m, 300万, 1.25亿.
const SCALES = {"": 1, k: 1e3, m: 1e6, b: 1e9, "千": 1e3, "万": 1e4, "百万": 1e6, "亿": 1e8};

function amountOf(text) {
  const plain = text.normalize("NFKC").replace(/[\s_'’]/g, "").replace(/^[A-Z]{3}(?=\d)|[A-Z]{3}$|\p{Sc}|元/gu, "");
  const found = /^([\d.,]*\d[\d.,]*)(k|m|b|千|百万|万|亿)?$/i.exec(plain);
  if (!found) return null;
  const number = digitsOf(found[1]), value = number * SCALES[(found[2] ?? "").toLowerCase()];
  return Number.isFinite(value) && value > 0 ? Math.round(value * 100) / 100 : null;
}

function digitsOf(text) {
  if (/^\d{1,3}(,\d{3})+(\.\d*)?$/.test(text)) return Number(text.replaceAll(",", ""));
  if (/^\d{1,3}(\.\d{3}){2,}(,\d*)?$|^\d{1,3}(\.\d{3})+,\d*$/.test(text)) {
    return Number(text.replaceAll(".", "").replace(",", "."));
  }
  return Number(text.replace(/^(\d*),(\d+)$/, "$1.$2"));
}

function amountTold(value) {
  if (language === "zh" && value >= 1e4) {
    const [scale, unit] = value >= 1e8 ? [1e8, "亿"] : [1e4, "万"], short = value / scale;
    if (Number(short.toFixed(4)) === short) return short + unit;
  }
  return value.toLocaleString("en-US", {maximumFractionDigits: 2});
}
