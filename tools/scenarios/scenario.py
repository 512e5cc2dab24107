"""What all scenarios have in common: certificates, files, and lines for names whose state is what they are planted for."""

from scenarios.archives import PERMITTING, check_text, result_line, result_name
from scenarios.basics import OTHER, OWN, WINDOW, WORDS, Certificate, Random

PERMITS = (
    PERMITTING,
    PERMITTING,
    PERMITTING,
    PERMITTING,
    ((0, 'issue', OWN), (0, 'iodef', 'mailto:caa@example.org')),
    ((0, 'issue', OTHER), (0, 'issue', OWN)),
    ((0, 'issue', OWN + '; account=230123'),),
)
DENIES = (
    ((0, 'issue', OTHER),),
    ((0, 'issue', ';'),),
    ((128, 'tbs', 'unknown'), (0, 'issue', OWN)),
    ((0, 'issue', OTHER), (0, 'iodef', 'mailto:caa@example.org')),
)
TTLS = (300, 600, 3600, 14400)


class Scenario:
    name = None
    aware = None
    large = False  # generated when needed; the repository has README.md and the sums
    golden = ()  # rows that the scenario as a whole shows
    rows = {}  # golden rows of a kind
    policy = {'honour': {'accounturi': False, 'validationmethods': False}}  # nobody did before 2019-11

    def __init__(self):
        self.random = Random(self.name)
        self.certificates = []
        self.inputs = []
        self.files = {}
        self.more = {}
        self.make()

    def options(self):
        return {'profile': 'tls-br', 'own': [OWN], 'policy': self.policy}

    def add(self, path, kind, form, octets, observed, rejected=0, ignored=0):
        self.files[path] = octets
        self.inputs.append({'path': path, 'kind': kind, 'format': form, 'records': observed + rejected + ignored,
                            'observed': observed, 'rejected': rejected, 'ignored': ignored})

    def add_archive(self, path, form, octets, counts):
        self.add(path, 'archive', form, octets, **counts)

    def certificate(self, signed, kind):
        c = Certificate(self.name, len(self.certificates), signed, kind)
        self.certificates.append(c)
        return c

    def base(self, top='test'):
        """A registrable name that no other certificate has."""
        return '%s%d.%s' % (self.random.choice(WORDS), len(self.certificates), top)

    def some_names(self, base):
        return self.random.choice(([base], ['www.' + base], [base], ['www.' + base], [base], ['www.' + base],
                                   ['www.' + base, base], [base, 'www.' + base, 'shop.' + base]))


def line_of(ms, name, found=None, valid=True, account=None, method='http-01'):
    return check_text(ms, name, found, valid, account, method)


def one_result(ident, ms, names, verdict='PERMIT', found=None, failure=None):
    """A result line in which all names found the same."""
    until = ms + max(found[1] if found else 0, WINDOW) * 1000
    return result_line(ident, ms, [result_name(ms, n, verdict, found, failure) for n in names], until)
