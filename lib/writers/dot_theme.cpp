#include "writers/dot_theme.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <profconv/error.hpp>

#include "base/hex.hpp"
#include "base/visible.hpp"

namespace profconv {
namespace {

using Hsl = DotTheme::Hsl;
using Rgb = DotTheme::Rgb;

constexpr Rgb white{1, 1, 1}, black{0, 0, 0};

constexpr DotTheme::Design designs[] = {
    // name, coldest, hottest, gamma, fonts, pens, filled, page, draws page, edges
    {"color",
     {2.0 / 3, 0.80, 0.25},
     {0, 1, 0.5},
     1,
     10,
     10,
     0.5,
     4,
     true,
     white,
     false,
     {2.0 / 3, 0.80, 0.25},
     {0, 1, 0.5}},
    {"pink", {0, 1, 0.90}, {0, 1, 0.5}, 2.2, 10, 10, 0.5, 4, true, white, false, {0, 1, 0.90}, {0, 1, 0.5}},
    {"gray", {0, 0, 0.85}, {0, 0, 0}, 2.2, 10, 10, 0.5, 4, true, white, false, {0, 0, 0.85}, {0, 0, 0}},
    {"bw", {0, 0, 0}, {0, 0, 0}, 2.2, 8, 24, 0.1, 8, true, white, false, {0, 0, 0}, {0, 0, 0}},
    {"print", {0, 0, 0}, {0, 0, 0}, 2.2, 18, 30, 0.1, 8, false, white, false, {0, 0, 0}, {0, 0, 0}},
    // Ours: for pages of either kind. From a tint of the page through green and yellow to red.
    {"light",
     {0.58, 0.40, 0.90},
     {0, 0.85, 0.60},
     1,
     10,
     10,
     0.6,
     4,
     true,
     white,
     true,
     {0.58, 0.25, 0.62},
     {0, 0.75, 0.50}},
    {"dark",
     {0.6, 0.15, 0.24},
     {0, 0.85, 0.52},
     1,
     10,
     10,
     0.6,
     4,
     true,
     {0.086, 0.094, 0.11},
     true,
     {0.6, 0.15, 0.52},
     {0, 0.9, 0.62}},
};

constexpr std::size_t theme_count = std::size(designs);
constexpr std::array<std::string_view, theme_count> theme_names = [] {
  std::array<std::string_view, theme_count> all{};
  for (std::size_t i = 0; i < theme_count; ++i) all[i] = designs[i].name;
  return all;
}();

// CSS Color Module Level 3, 4.2.4.
double channel(double m1, double m2, double hue) {
  if (hue < 0) hue += 1;
  if (hue > 1) hue -= 1;
  if (hue * 6 < 1) return m1 + (m2 - m1) * hue * 6;
  if (hue * 2 < 1) return m2;
  if (hue * 3 < 2) return m1 + (m2 - m1) * (2.0 / 3 - hue) * 6;
  return m1;
}

Rgb to_rgb(Hsl c) {
  const double s = std::clamp(c.saturation, 0.0, 1.0), l = std::clamp(c.lightness, 0.0, 1.0);
  const double m2 = l <= 0.5 ? l * (s + 1) : l + s - l * s, m1 = l * 2 - m2;
  const double hue = c.hue - std::floor(c.hue);
  return {channel(m1, m2, hue + 1.0 / 3), channel(m1, m2, hue), channel(m1, m2, hue - 1.0 / 3)};
}

std::string hex(Rgb c) {
  std::string text = "#";
  for (const double value : {c.red, c.green, c.blue})
    append_hexadecimal(text, static_cast<std::uint32_t>(std::lround(255 * std::clamp(value, 0.0, 1.0))), 2);
  return text;
}

// Relative luminance and contrast as in WCAG 2.1; text needs 4.5.
double luminance(Rgb c) {
  const auto linear = [](double v) { return v <= 0.03928 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
  return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
}

double contrast(Rgb a, Rgb b) {
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

constexpr double readable_contrast = 4.5;
// White on red is the eye's habit, and gprof2dot's.
constexpr double good_enough_for_white = 3.5;

Rgb mix(Rgb a, Rgb b, double part) {
  return {a.red + (b.red - a.red) * part, a.green + (b.green - a.green) * part, a.blue + (b.blue - a.blue) * part};
}

// The colour, moved towards black or white until it can be read on the page.
Rgb readable(Rgb color, Rgb page) {
  const Rgb pole = luminance(page) > 0.5 ? black : white;
  constexpr int steps = 20;
  for (int i = 0; i < steps; ++i) {
    const Rgb mixed = mix(color, pole, static_cast<double>(i) / steps);
    if (contrast(mixed, page) >= readable_contrast) return mixed;
  }
  return pole;
}

}  // namespace

std::span<const std::string_view> DotTheme::names() { return theme_names; }

DotTheme::DotTheme(std::string_view name, double skew) : skew_(skew == 0 ? 1 : skew) {
  if (!(skew >= 0) || !std::isfinite(skew)) throw UsageError("the skew must be a number above 0");
  design_ = std::ranges::find(designs, name, &Design::name);
  if (design_ != std::end(designs)) return;
  std::string known;
  for (const std::string_view theme : theme_names) known += (known.empty() ? "" : ", ") + std::string(theme);
  throw UsageError("unknown theme " + quoted(name) + ", known are " + known, did_you_mean(name, theme_names));
}

Rgb DotTheme::color(double weight, Hsl coldest, Hsl hottest) const {
  weight = std::clamp(weight, 0.0, 1.0);
  const double part = skew_ == 1 ? weight : (std::pow(skew_, weight) - 1) / (skew_ - 1);
  Rgb c = to_rgb({coldest.hue + part * (hottest.hue - coldest.hue),
                  coldest.saturation + part * (hottest.saturation - coldest.saturation),
                  coldest.lightness + part * (hottest.lightness - coldest.lightness)});
  for (double* value : {&c.red, &c.green, &c.blue}) *value = std::pow(*value, design_->gamma);
  return c;
}

std::string DotTheme::page_color() const { return hex(design_->page); }
std::string DotTheme::page_text_color() const { return hex(readable({0.5, 0.5, 0.5}, design_->page)); }

DotTheme::Colors DotTheme::node(double weight) const {
  const Rgb fill = color(weight, design_->coldest, design_->hottest);
  if (!design_->filled) return {hex(fill), hex(fill)};
  const double with_white = contrast(fill, white);
  return {hex(fill), hex(with_white >= good_enough_for_white || with_white >= contrast(fill, black) ? white : black)};
}

DotTheme::Colors DotTheme::edge(double weight) const {
  const Rgb line = color(weight, design_->coldest_edge, design_->hottest_edge);
  return {hex(line), hex(readable(line, design_->page))};
}

double DotTheme::font_size(double weight) const {
  return std::max(weight * weight * design_->largest_font, design_->smallest_font);
}
double DotTheme::pen_width(double weight) const {
  return std::max(weight * design_->thickest_pen, design_->thinnest_pen);
}
double DotTheme::arrow_size(double weight) const { return 0.5 * std::sqrt(pen_width(weight)); }

}  // namespace profconv
