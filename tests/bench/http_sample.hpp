// What   The answer that both HTTP servers of the bench give to the same POST.
// Why    Their difference is then the way of a request through sockets and threads, nothing else.
#pragma once

#include <string_view>

namespace bench {

inline constexpr std::string_view sample_answer =
    R"({"id":"0193a5c7-8a3e-7c4d-9f21-3b8e5d6a7c10","date":"2026-11-24T03:00:00Z",)"
    R"("account_id":"0193a5c7-8a3e-7c4d-9f21-3b8e5d6a7c11",)"
    R"("category_id":"0193a5c7-8a3e-7c4d-9f21-3b8e5d6a7c12","type":"income","amount":2500.00,)"
    R"("amount_cents":250000,"amount_str":"2500.00","description":"Venda no balcão","tags":[],)"
    R"("to_account_id":null,"created_at":"2026-11-24T18:54:44.000123Z","effective_date":"2026-11-24"})";

} // namespace bench
