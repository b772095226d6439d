package instances

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// instanceColumns are what scanInstance reads: all but the user data.
const instanceColumns = `i.id, i.reservation, i.account, i.launch_index, i.image, i.kernel, i.ramdisk,
	i.image_name, i.location, i.architecture, i.platform, i.product_codes, i.ancestors,
	i.vm_type, i.cpus, i.memory_mb, i.disk_gb, i.key_name, i.public_key, i.zone, i.node,
	i.state, i.reason_code, i.reason, i.private_ip, i.public_ip, i.launched, i.changed, i.restarted, i.protected,
	r.groups, r.client_token, r.created`

const fromInstances = ` FROM instances i JOIN reservations r ON r.id = i.reservation `

// row is an instance with what is kept of its reservation.
type row struct {
	Instance
	reserved time.Time
}

// scanRow reads one row of instanceColumns.
func (s *Service) scanRow(scan func(...any) error) (row, error) {
	var (
		in                           row
		codes, ancestors, groups     string
		private, public              string
		launched, changed, requested int64
	)
	err := scan(&in.ID, &in.ReservationID, &in.Account, &in.LaunchIndex, &in.Image, &in.Kernel, &in.Ramdisk,
		&in.ImageName, &in.Location, &in.Arch, &in.Platform, &codes, &ancestors,
		&in.Type.Name, &in.Type.CPUs, &in.Type.MemoryMB, &in.Type.DiskGB, &in.KeyName, &in.PublicKey, &in.Zone, &in.Node,
		&in.State, &in.Reason.Code, &in.Reason.Message, &private, &public, &launched, &changed, &in.Restarted, &in.Protected,
		&groups, &in.ClientToken, &requested)
	if err != nil {
		return row{}, err
	}
	err = errors.Join(
		json.Unmarshal([]byte(codes), &in.ProductCodes),
		json.Unmarshal([]byte(ancestors), &in.Ancestors),
		json.Unmarshal([]byte(groups), &in.Groups),
		parseAddress(private, &in.PrivateIP),
		parseAddress(public, &in.PublicIP))
	if err != nil {
		return row{}, fmt.Errorf("record of %s: %w", in.ID, err)
	}
	in.Launched, in.Changed, in.reserved = time.UnixMilli(launched), time.UnixMilli(changed), time.UnixMilli(requested)
	in.MAC, in.Unseen = s.c.Network.MAC(in.ID), s.unseen(in.Node)
	return in, nil
}

func parseAddress(text string, to *netip.Addr) (err error) {
	if text != "" {
		*to, err = netip.ParseAddr(text)
	}
	return err
}

// selectRows reads the instances for which a condition over i and r holds, in
// the order in which they were requested.
func (s *Service) selectRows(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]row, error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+instanceColumns+fromInstances+` WHERE `+where+
		` ORDER BY r.created, r.rowid, i.launch_index`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []row
	for rows.Next() {
		in, err := s.scanRow(rows.Scan)
		if err != nil {
			return nil, err
		}
		found = append(found, in)
	}
	return found, rows.Err()
}

// selectDetails reads the one instance for which a condition holds, with its
// user data. The error is sql.ErrNoRows when there is none.
func (s *Service) selectDetails(ctx context.Context, where string, args ...any) (Instance, error) {
	var in row
	err := s.c.DB.View(ctx, func(tx *sql.Tx) (err error) {
		var data []byte
		query := tx.QueryRowContext(ctx, `SELECT i.user_data, `+instanceColumns+fromInstances+` WHERE `+where, args...)
		in, err = s.scanRow(func(to ...any) error { return query.Scan(append([]any{&data}, to...)...) })
		if len(data) > 0 {
			in.UserData = data
		}
		return err
	})
	return in.Instance, err
}

// insertReservation records a reservation without its instances.
func insertReservation(ctx context.Context, tx *sql.Tx, r Reservation, token, request string) error {
	groups, err := json.Marshal(r.Groups)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO reservations (id, account, groups, client_token, request, created)
		VALUES (?, ?, ?, ?, ?, ?)`, r.ID, r.Account, string(groups), token, request, r.Created.UnixMilli())
	return err
}

// insertInstance records a new instance.
func insertInstance(ctx context.Context, tx *sql.Tx, in Instance) error {
	codes, err := json.Marshal(in.ProductCodes)
	if err != nil {
		return err
	}
	ancestors, err := json.Marshal(in.Ancestors)
	if err != nil {
		return err
	}
	values := []any{in.ID, in.ReservationID, in.Account, in.LaunchIndex, in.Image, in.Kernel, in.Ramdisk,
		in.ImageName, in.Location, in.Arch, in.Platform, string(codes), string(ancestors),
		in.Type.Name, in.Type.CPUs, in.Type.MemoryMB, in.Type.DiskGB, in.KeyName, in.PublicKey, in.Zone, in.Node,
		in.State, in.Reason.Code, in.Reason.Message, in.PrivateIP.String(), in.PublicIP.String(),
		append([]byte{}, in.UserData...), in.Launched.UnixMilli(), in.Changed.UnixMilli(), in.Protected}
	_, err = tx.ExecContext(ctx, `INSERT INTO instances (id, reservation, account, launch_index, image, kernel, ramdisk,
		image_name, location, architecture, platform, product_codes, ancestors,
		vm_type, cpus, memory_mb, disk_gb, key_name, public_key, zone, node,
		state, reason_code, reason, private_ip, public_ip, user_data, launched, changed, protected)
		VALUES (?`+strings.Repeat(", ?", len(values)-1)+`)`, values...)
	return err
}

// taken reports whether a table has a row of this id.
func taken(ctx context.Context, tx *sql.Tx, table, id string) (bool, error) {
	var one int
	err := tx.QueryRowContext(ctx, `SELECT 1 FROM `+table+` WHERE id = ?`, id).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// claimAll holds room for every instance that is not terminated, and logs how
// many there are.
func (s *Service) claimAll(ctx context.Context) error {
	found := map[State]int{}
	err := s.c.DB.View(ctx, func(tx *sql.Tx) error {
		live, err := s.selectRows(ctx, tx, `i.state <> ?`, StateTerminated)
		for _, in := range live {
			s.c.Scheduler.Claim(in.Node, in.ID, in.Type)
			if in.State == StateStopped {
				s.c.Scheduler.Suspend(in.ID)
			}
			found[in.State]++
		}
		return err
	})
	if err == nil && len(found) > 0 {
		s.c.Log.Info("instances of the last run taken up", string(StatePending), found[StatePending],
			string(StateRunning), found[StateRunning], string(StateShuttingDown), found[StateShuttingDown],
			string(StateStopping), found[StateStopping], string(StateStopped), found[StateStopped])
	}
	return err
}

// record is what a watch needs to know of an instance.
type record struct {
	id        string
	state     State
	restarted bool
}

// recorded lists a node's instances that are not terminated.
func (s *Service) recorded(ctx context.Context, nodeName string) ([]record, error) {
	var live []record
	err := s.c.DB.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT id, state, restarted FROM instances
			WHERE node = ? AND state <> 'terminated' ORDER BY launched, rowid`, nodeName)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r record
			if err := rows.Scan(&r.id, &r.state, &r.restarted); err != nil {
				return err
			}
			live = append(live, r)
		}
		return rows.Err()
	})
	return live, err
}
