/* RapidJSON's SAX reader and writer, as strict as it can be: UTF-8 checked, numbers as they are
 * spelled, no recursion. */
#include "tests/bench/redact_peers.h"

#include <cstring>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;
using Size = rapidjson::SizeType;

class Copier : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Copier> {
  public:
    explicit Copier(Writer &writer) : writer_(writer)
    {
    }

    bool Null()
    {
        return skips() || writer_.Null();
    }
    bool Bool(bool value)
    {
        return skips() || writer_.Bool(value);
    }
    bool RawNumber(const char *text, Size size, bool)
    {
        return skips() || writer_.RawValue(text, size, rapidjson::kNumberType);
    }
    bool String(const char *text, Size size, bool)
    {
        return skips() || writer_.String(text, size);
    }

    bool Key(const char *text, Size size, bool)
    {
        if (skip_) {
            return true;
        }
        for (const char *name : redact_dropped) {
            skip_ |= std::strlen(name) == size && std::memcmp(name, text, size) == 0;
        }
        return skip_ || writer_.Key(text, size);
    }

    bool StartObject()
    {
        return opens() || writer_.StartObject();
    }
    bool EndObject(Size)
    {
        return closes() || writer_.EndObject();
    }
    bool StartArray()
    {
        return opens() || writer_.StartArray();
    }
    bool EndArray(Size)
    {
        return closes() || writer_.EndArray();
    }

  private:
    /* Whether the value at hand is dropped; a scalar is then done with. */
    bool skips()
    {
        bool skip = skip_;
        skip_ = skip && depth_ > 0;
        return skip;
    }
    bool opens()
    {
        depth_ += skip_;
        return skip_;
    }
    bool closes()
    {
        if (!skip_) {
            return false;
        }
        skip_ = --depth_ > 0;
        return true;
    }

    Writer &writer_;
    unsigned depth_ = 0; /* containers open inside a dropped member */
    bool skip_ = false;  /* the next value is dropped */
};

} // namespace

size_t redact_rapidjson(const char *document, size_t size, char *out, size_t n_out_bytes)
{
    constexpr unsigned flags = rapidjson::kParseIterativeFlag |
                               rapidjson::kParseValidateEncodingFlag |
                               rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::MemoryStream stream(document, size);
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    Copier copier(writer);
    rapidjson::Reader reader;
    if (reader.Parse<flags>(stream, copier).IsError() || buffer.GetSize() > n_out_bytes) {
        return 0;
    }
    std::memcpy(out, buffer.GetString(), buffer.GetSize());
    return buffer.GetSize();
}
