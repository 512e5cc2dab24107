// The last question before a signature, in C++. Build:
//     c++ -o permit_verify permit_verify.cc $(pkg-config --cflags --libs caaproof)
// Run it as permit_verify.c says.
#include <caaproof/permit.h>

#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace
{

using octets = std::vector<std::uint8_t>;

octets read_file(const char *path)
{
    std::ifstream file(path, std::ios::binary);

    if (!file) {
        throw std::runtime_error(std::string(path) + ": cannot be read");
    }
    return octets(std::istreambuf_iterator<char>(file), {});
}

// What a signer keeps: trusted logs, one issuing key, checkpoints that it has verified.
class gate
{
  public:
    gate(const char *log_key, const octets &issuer)
        : trust_(caap_trust_new(), caap_trust_free), context_(caap_context_new(), caap_context_free),
          authority_(CAAP_HASH_SIZE)
    {
        if (!trust_ || !context_ || caap_trust_add_key(trust_.get(), log_key) != CAAP_OK ||
            caap_authority_of(issuer.data(), issuer.size(), authority_.data()) != CAAP_OK) {
            throw std::runtime_error("the log's key or the issuer cannot be read");
        }
    }

    // Empty: sign. Else why not.
    std::string verify(const octets &permit, const octets &certificate, std::int64_t now)
    {
        caap_permit_request request = {};
        caap_permit_result result = {};

        request.size = sizeof(request);
        result.size = sizeof(result);
        request.permit = permit.data();
        request.permit_size = permit.size();
        request.certificate = certificate.data();
        request.certificate_size = certificate.size();
        request.authority = authority_.data();
        request.now = now;
        if (caap_permits(caap_permit_verify(trust_.get(), context_.get(), &request, &result))) {
            return "";
        }
        return std::string(result.text) + " (" + caap_permit_error_word(result.error) + ")";
    }

  private:
    std::unique_ptr<caap_trust, void (*)(caap_trust *)> trust_;
    std::unique_ptr<caap_context, void (*)(caap_context *)> context_;
    octets authority_;
};

} // namespace

int main(int argc, char **argv)
try {
    if (argc < 5) {
        std::cerr << "usage: permit_verify permit log-key issuer.der precertificate.der [seconds]\n";
        return 1;
    }
    gate signer(argv[2], read_file(argv[3]));
    std::int64_t now = argc > 5 ? std::stoll(argv[5]) : std::time(nullptr);
    std::string why = signer.verify(read_file(argv[1]), read_file(argv[4]), now);

    std::cout << (why.empty() ? "sign" : "do not sign: " + why) << "\n";
    return why.empty() ? 0 : 1;
} catch (const std::exception &e) {
    std::cerr << e.what() << "\n";
    return 1;
}
