#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace profconv {

/// Colours and sizes by weight: how hot a function or a call is, from 0 to 1.
///
/// The first five themes are those of gprof2dot (source: gprof2dot.py, class Theme): a colour is interpolated between
/// two points in hue, saturation and lightness, turned into RGB as CSS 3 does, and raised to `gamma`. Text on nodes is
/// white or black, whichever can be read; labels of calls have the colour of their line, as far as that can be read on
/// the page.
class DotTheme {
 public:
  struct Hsl {
    double hue, saturation, lightness;
  };
  struct Rgb {
    double red, green, blue;  // 0 to 1
  };
  struct Design {
    std::string_view name;
    Hsl coldest, hottest;
    double gamma;
    double smallest_font, largest_font, thinnest_pen, thickest_pen;
    bool filled;
    Rgb page;
    bool draws_page;  ///< Else the viewer's, taken for white.
    Hsl coldest_edge, hottest_edge;
  };

  /// Throws UsageError with the known names for a theme that there is not, and for a skew below 0.
  DotTheme(std::string_view name, double skew);

  bool filled() const noexcept { return design_->filled; }
  bool draws_page() const noexcept { return design_->draws_page; }
  std::string page_color() const;
  std::string page_text_color() const;  ///< Muted: captions and boxes.

  struct Colors {
    std::string fill, text;
  };
  Colors node(double weight) const;
  Colors edge(double weight) const;  ///< Line and label.
  double font_size(double weight) const;
  double pen_width(double weight) const;
  double arrow_size(double weight) const;

  static std::span<const std::string_view> names();

 private:
  Rgb color(double weight, Hsl coldest, Hsl hottest) const;

  const Design* design_;
  double skew_;
};

}  // namespace profconv
