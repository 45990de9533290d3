#define BOOST_TEST_MODULE vaidepix
#include <boost/test/unit_test.hpp>
