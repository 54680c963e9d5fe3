package iamsim

import (
	"fmt"
	"strings"
)

// person is a made-up name: as its owner writes it, and in the Latin letters
// in which user names are written.
type person struct{ given, family, givenASCII, familyASCII string }

// spelling is a name and, where it differs, its Latin form after the bar.
func spelling(s string) (own, latin string) {
	own, latin, found := strings.Cut(s, "|")
	if !found {
		return own, own
	}
	return own, latin
}

var givenNames = strings.Fields(`Ada Alan Alice Amara Amir Ana Anders Anna|Anna Antonio Aoife Aiko|Aiko Arjun Astrid Ava
	Beatriz Ben Bianca Bogdan Carlos Chiara Chloé|Chloe Chukwuma Claire Clara Daniel Daria David Deepa Diego Dmitri|Dmitri Elena Elif
	Emeka Emil Emma Erik Esther Ethan Farid Fatima Felix Femi Fiona Francesca Gabriel Georgia Giulia Grace Hana Hannah Hassan
	Helena Hiro Hugo Ian Ibrahim Inès|Ines Ingrid Isabel Ivan Jack James Jana João|Joao Jonas José|Jose Julia Jun Kamal Karin Kenji
	Khadija Lars Laura Layla Leila Leo Liam Lin Lucas Lucía|Lucia Luis Łukasz|Lukasz Maeve Magnus Mai Maria Marco Marta Mateo Maya
	Mei Mia Miguel Mila Mohammed Naomi Nadia Nia Niamh Nikolai Nina Noah Nora Olga Olivia Omar Oscar Paolo Pavel Petra Priya Rafael
	Rania Ravi Rosa Ruth Sana Sanjay Sara Seán|Sean Siobhán|Siobhan Sofia Søren|Soren Stefan Sven Tariq Tomás|Tomas Uma Vera Victor
	Wei Yara Yuki Yusuf Zoë|Zoe Zuzana 花子|Hanako 太郎|Taro Анна|Anna Иван|Ivan Ελένη|Eleni 美玲|Meiling 지훈|Jihun محمد|Mohammed`)

var familyNames = strings.Fields(`Abara Adeyemi Ahmed Almeida Andersson Bauer Becker Bennett Bergström|Bergstrom Bianchi Blanc
	Brown Castillo Chen Clarke Cohen Conti Costa Cruz D'Angelo|Dangelo Da-Silva Dubois Eriksen Evans Farouk Fernández|Fernandez
	Fischer Flores Fontaine Garcia Gonçalves|Goncalves Greene Gupta Haddad Hansen Hoffmann Horváth|Horvath Hughes Ishikawa Ito
	Ivanova Jansen Johnson Jones Kaya Keller Khan Kim Kowalski Kumar Larsen Lee Lindqvist Lopez MacDonald Martin Martínez|Martinez
	McKenzie Mehta Meyer Moreau Müller|Muller Murphy Nakamura Ndiaye Nguyen Nielsen Novák|Novak Nuñez|Nunez O'Brien|Obrien
	O'Connor|Oconnor O'Neill|Oneill Okafor Olsen Ortiz Öztürk|Ozturk Park Patel Pereira Petrov Popescu Quinn Rao Reyes Ricci Roberts
	Romano Rossi Sánchez|Sanchez Santos Sato Schmidt Schröder|Schroder Sharma Silva Singh Smith Sørensen|Sorensen Suzuki Taylor
	Torres Tremblay Van-Dijk Vargas Vogel Wagner Walker Wang Weber White Williams Wójcik|Wojcik Wright Yamamoto Yılmaz|Yilmaz Young
	Zhang Zimmermann 田中|Tanaka 佐藤|Sato Смирнова|Smirnova Петров|Petrov Παπαδόπουλος|Papadopoulos 王|Wang 김|Kim حسن|Hassan`)

func (g *generator) person() person {
	var p person
	p.given, p.givenASCII = spelling(one(g, givenNames))
	p.family, p.familyASCII = spelling(one(g, familyNames))
	return p
}

// display is the name as a tag may hold it: tag values refuse apostrophes
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html), so people
// write a blank.
func (p person) display() string {
	return strings.ReplaceAll(p.given+" "+p.family, "'", " ")
}

func (p person) dotted() string { return strings.ToLower(p.givenASCII + "." + p.familyASCII) }

// mail is the address that belongs to a user name; nearly always the dotted one.
func (p person) mail(number int) string {
	if number > 0 {
		return fmt.Sprintf("%s%d@example.com", p.dotted(), number+1)
	}
	return p.dotted() + "@example.com"
}

// userName draws one of the conventions an account collects over the years.
func (g *generator) userName(p person) (name string, number int) {
	style := g.rng.IntN(100)
	for number = 0; ; number++ {
		name = p.styled(style, number)
		if len(name) <= 64 && !g.taken[strings.ToLower(name)] {
			g.taken[strings.ToLower(name)] = true
			return name, number
		}
		if len(name) > 64 {
			style = 0
		}
	}
}

func (p person) styled(style, number int) string {
	suffix := ""
	if number > 0 {
		suffix = fmt.Sprint(number + 1)
	}
	switch {
	case style < 55:
		return p.dotted() + suffix
	case style < 78:
		return p.mail(number)
	case style < 86:
		return p.givenASCII + p.familyASCII + suffix // mixed case
	case style < 93:
		return strings.ToLower(p.givenASCII[:1]+p.familyASCII) + suffix
	}
	return escapeName(p.given + "." + p.family + suffix)
}

// escapeName writes what a user name cannot hold as =XX, the convention of the
// gateway this account is simulated for.
func escapeName(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_+,.@-", c) >= 0
		if plain {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "=%02X", c)
	}
	return b.String()
}

var departments = []string{
	"Engineering", "Platform", "Data", "Security", "Finance", "Legal", "People", "Sales",
	"Marketing", "Support", "Operations", "Research",
}

var (
	serviceThings = []string{
		"billing", "orders", "search", "deploy", "backup", "metrics", "ingest", "mailer", "reports", "terraform",
		"jenkins", "gitlab", "payments", "catalog", "warehouse", "monitoring", "etl", "exporter", "sync", "scanner",
	}
	stages = []string{"prod", "staging", "dev", "ci"}
)
