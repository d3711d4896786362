// The words a table's text has for the choices of the model. Private to table. Thread rules: constants.
#pragma once
#include <array>
#include <string_view>
#include <utility>

#include "model/route_table.h"

namespace orbit::table {

template <class E, std::size_t N>
using Words = std::array<std::pair<std::string_view, E>, N>;

inline constexpr Words<model::TableListener::Protocol, 3> kListenerProtocols{
    {{"http", model::TableListener::Protocol::kHttp},
     {"https", model::TableListener::Protocol::kHttps},
     {"tcp", model::TableListener::Protocol::kTcp}}};
inline constexpr Words<model::TableService::Protocol, 2> kServiceProtocols{
    {{"http", model::TableService::Protocol::kHttp}, {"tcp", model::TableService::Protocol::kTcp}}};
inline constexpr Words<model::TableAuthority::Challenge, 3> kChallenges{
    {{"http-01", model::TableAuthority::Challenge::kHttp01},
     {"tls-alpn-01", model::TableAuthority::Challenge::kTlsAlpn01},
     {"dns-01", model::TableAuthority::Challenge::kDns01}}};
// Keys that name the kind and hold its text: `- set: X-Frame-Options`.
inline constexpr Words<model::TableHeaderEdit::Kind, 3> kHeaderEdits{
    {{"set", model::TableHeaderEdit::Kind::kSet},
     {"add", model::TableHeaderEdit::Kind::kAdd},
     {"remove", model::TableHeaderEdit::Kind::kRemove}}};
// `- {name: X-Beta, equals: "1"}`; none of them: the field is there.
inline constexpr Words<model::TableHeaderMatch::Kind, 3> kHeaderMatches{
    {{"equals", model::TableHeaderMatch::Kind::kEquals},
     {"prefix", model::TableHeaderMatch::Kind::kPrefix},
     {"regex", model::TableHeaderMatch::Kind::kRegex}}};

}  // namespace orbit::table
