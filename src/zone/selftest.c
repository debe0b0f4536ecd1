/*
 * Known answers for every algorithm and digest that the program uses, made once with the openssl
 * command line (keys of this table only): they tell "this host cannot verify algorithm N" (a crypto
 * policy, a stripped library) from "the signature is wrong".
 */
#include <openssl/evp.h>
#include <string.h>

#include "base/text.h"
#include "zone/crypto.h"

static const char message[] = "unbogus known answer";

/* The same RSA key serves 5, 7, 8 and 10. */
#define RSA_KEY \
	"03010001bc821545103d33653851cb74800b78049cbc31d4df64075cb1d30831777ff71bef218255c574" \
	"e0ed7813e8e37424813c32cdcff03c8c6c6de30c22ca16f8c83c167c2c2affa6ac9127a64e2cd4f34ac0" \
	"5f59ce0665896cdaebd9e16cad578472ed328bc68b88cfb76063dda368db56bc6226c1bd3abddf026ca5" \
	"1dd8f9751845"
#define RSA_SHA1_SIG \
	"a38e3ec8e6159fce10c0be8b3bbb114a59eb2a4c5f90aaaf147cc1f0702c7b998f0e8e63e085b6405fea" \
	"04abcc5f761adf0f13591c30df1a78f649578b6dd7f4af505cf6350540d0bec9d506f37c3f9bccd14266" \
	"a2cde6eced6969b335c8e1b0d6b800d0f2d194205be0b31f5e8f6d0fda3da1482a9ec0c8209090d778a4" \
	"9393"

/* To add an algorithm: DNSKEY public key field and signature of the message, in hexadecimal. */
static const struct {
	uint8_t alg;
	const char *pub, *sig;
} known[] = {
	{ 5, RSA_KEY, RSA_SHA1_SIG },
	{ 7, RSA_KEY, RSA_SHA1_SIG },
	{ 8, RSA_KEY,
		"3e8a6a14540a567c16eced308050840690df45f262d9f14349a483974e7de37342884d4c9cad1895150d"
		"0836a44a9b0b312fd1001677bfeb8a2c9c09479f42e880f7eed0050a865441ceaba7a7adebdf8e42cc6b"
		"5b31c9cdc846f9020eeca04502d86060240decb11177501eadbe0066f24bdaff997b0ce804028a3b5295"
		"99e9" },
	{ 10, RSA_KEY,
		"491f8a879ee98d7f4e9036daebba8f8cf6b7e15a512591d66390d7b8b308d2d63d6912349f167f77bb46"
		"8d6ee80206a6e7d3b9129a5f45e85d7d3e4505e3ea010a9fbbdb8e4814797b888fca3c0930866d5b3f93"
		"dfc91338d408739e1553dec89a8a9dcd5a644c5956b1a404cbba0903d562bb25181c196065785430dab6"
		"5142" },
	{ 13,
		"6f9c1ea2eb81e892240647853cbe59adb5c2562dbd7b50d284c31e65f9e702aa1410810d5ba36517a1be"
		"94b53c32b051a6cc40ea6ded6b40d3f6d42ebde27124",
		"3e95b71cb468baaf269b490fee95a1af14b87d846fd341f33ba3a3011e61e9ad37a44b0565c1abeeacad"
		"cf6ba69717d21c86ab94a6389adbfe2bb15e01f15e77" },
	{ 14,
		"e83ccda9066655c47e4bc1c8a2e55e5eec60046df755d9d9e59162798cc15893aef8b91f07f39ba39975"
		"2fb4eb58b4272a89cfa4cd67a3af0f1b79011f4a0a27988d9adb2e8606cbceb196361f4396599f719421"
		"640b636522b7e7b6cc549a81",
		"ee938b464e9b1355a4d0827cbd2dfd04240110dd0735397e9ec901f036385b401e3547343e0a257ee6a3"
		"3cbc1bb27afeba3dd980633cd609ca794817b306433a0c7ca2a9a1d02eb65d0b5e7a1ec51397527d27ef"
		"f3dc88ecdcb54a89d55ed36d" },
	{ 15,
		"acf7c41023aca055ac509ce860b6bae75faec032824fb0e86dd3925bdc0d6fcb",
		"d6ccf095715537eefbc574d7365da80d58f85fcd8638a3f18c9108dc008b2db4cb0ad12b37360b38f7ce"
		"a615a51127c5289fd2f8ac524aa15d580946f9554200" },
	{ 16,
		"a44f53d67c572bcb62b8da8a8e5f07ef7fb3d9ce7693d64c4d8d1d361dfe78abf393deae3ca923771597"
		"dbc1ff3fe4545a5506c23c539e5700",
		"766b2344eb754245f75df083abdb311dd5312f35419a8cb19421973b8665dc8f8769f28d6e9f9521c0c4"
		"ce95b5f904f46c61b6468004a30900f8f8dc1275772905580c2dbfff1a0388046d1a8925ccb5a8b0294e"
		"bcd74425230906215007c3ae5b5d7f05ea4c1b53802168187ca86a001000" },
};

bool
crypto_self_test(uint8_t alg)
{
	uint8_t pub[512], sig[512];

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (known[i].alg != alg)
			continue;
		long np = text_unhex(pub, sizeof pub, known[i].pub);
		long ns = text_unhex(sig, sizeof sig, known[i].sig);
		struct dnskey k = { .flags = DNSKEY_ZONE, .protocol = 3, .alg = alg, .pub = pub,
			.publen = (uint16_t)np };
		struct pubkey *p = np > 0 && ns > 0 ? pubkey_new(&k, NULL) : NULL;
		if (!p)
			return false;
		bool good = pubkey_verify(p, message, sizeof message - 1, sig, (size_t)ns) ==
			CRYPTO_GOOD;
		sig[ns / 2] ^= 1;
		good = good && pubkey_verify(p, message, sizeof message - 1, sig, (size_t)ns) ==
				CRYPTO_BAD;
		pubkey_free(p);
		return good;
	}
	return false;
}

bool
digest_self_test(uint8_t digest_type)
{
	/* FIPS 180-4 digests of "abc". */
	static const struct {
		uint8_t type;
		const EVP_MD *(*md)(void);
		const char *hex;
	} digests[] = {
		{ 1, EVP_sha1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ 2, EVP_sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ 4, EVP_sha384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
				 "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
	};
	uint8_t out[EVP_MAX_MD_SIZE], want[EVP_MAX_MD_SIZE];
	unsigned n;

	for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
		if (digests[i].type == digest_type)
			return EVP_Digest("abc", 3, out, &n, digests[i].md(), NULL) == 1 &&
				text_unhex(want, sizeof want, digests[i].hex) == (long)n &&
				memcmp(out, want, n) == 0;
	return false;
}
