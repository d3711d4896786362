// The one translation unit that the precompiled header belongs to.
namespace orbit {
extern const int kPrecompiledHeader;
const int kPrecompiledHeader = 1;
}  // namespace orbit
